"""The door of the public: verification without an account, by page and by JSON."""
