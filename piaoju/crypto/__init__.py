"""SM2, SM3, SM4, certificates, seal containers: bytes to bytes."""
