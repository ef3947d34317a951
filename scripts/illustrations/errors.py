"""What stops a run, in words for its user."""


class IllustrationError(Exception):
    pass
