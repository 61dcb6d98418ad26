"""Keys, tokens, signatures and hostile text: pure; cryptography only in sealed.py, argon2 only in passwords.py."""
