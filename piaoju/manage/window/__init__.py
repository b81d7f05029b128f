"""The issuing window: one bill at a time, by keyboard; its drafts, reviews, templates and deliveries."""
