"""What a rule of identity refuses.

RuleBroken
├── Invalid      a value is not what it should be; says which and why
└── NotAllowed   the state or the authority does not allow the act
"""


class RuleBroken(Exception):
    """A rule was broken; the reason in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Invalid(RuleBroken):
    """A field holds something that it cannot hold."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.field = field


class NotAllowed(RuleBroken):
    """The act is not allowed as things are."""
