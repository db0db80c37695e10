"""What no model here may say of a person. A catalogue entry that names such an output is refused, whoever wrote it."""

import re

_WORDS = """
age ages gender genders sex female male woman man ethnicity ethnic race races racial skin emotion emotions mood moods
expression expressions smile smiling happy sad angry fear disgust surprise neutral glasses beard mustache moustache
mask makeup hair bald attractive attractiveness beauty religion health nationality weight obesity valence arousal
"""
TRAITS = frozenset(_WORDS.split())


def named(*texts: str) -> list[str]:
    """The traits named in `texts`, as whole words: "image" and "average" pass, "age_out" and "genderHead" do not."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", " ".join(texts))
    return [word for word in words if word.lower() in TRAITS]
