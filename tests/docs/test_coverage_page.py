"""The page of the founding claims: each has one entry, with a command or a reason.

`test_readme` runs its blocks and compares what they print, as those of every page.
"""

import re
from dataclasses import dataclass

import pytest
from pages import ROOT, Block, read_blocks, read_commands

PAGE = ROOT / "docs" / "coverage.md"
LABEL = re.compile(r"^\*\*(\d+|[a-z])\.\*\* `(\w+)` (.*)$", re.DOTALL)
SHOWN_UNDER = re.compile(r"Shown under (\d+|[a-z])\b")
WORDS_OF_A_REASON = 8


@dataclass(frozen=True)
class Claim:
    """An entry of the page, and the block that it stands above, if any."""

    label: str
    kind: str
    text: str
    block: Block | None


def read_claims() -> list[Claim]:
    """Entries in order; those without a block or text between share the block below them."""
    blocks = {block.line: block for block in read_blocks(PAGE)}
    found: list[Claim] = []
    waiting: list[Claim] = []
    paragraph: list[str] = []
    fenced = False

    def take() -> None:
        match = LABEL.match("\n".join(paragraph))
        if match:
            waiting.append(Claim(match[1], match[2], match[3], None))
        paragraph.clear()

    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            take()
            if number in blocks:
                found += [Claim(c.label, c.kind, c.text, blocks[number]) for c in waiting]
                waiting.clear()
            fenced = not fenced
        elif line.startswith("## "):
            take()
            found += waiting
            waiting.clear()
        elif fenced:
            continue
        elif line:
            paragraph.append(line)
        else:
            take()
            if waiting and shows_elsewhere(waiting[-1]):
                found.append(waiting.pop())
    take()
    return [*found, *waiting]


def shows_elsewhere(claim: Claim) -> bool:
    """Whether an entry needs no block of its own."""
    return claim.kind == "outside" or SHOWN_UNDER.search(claim.text) is not None


CLAIMS = read_claims()
BY_LABEL = {claim.label: claim for claim in CLAIMS}


def test_every_claim_has_one_entry():
    numbers = sorted(int(claim.label) for claim in CLAIMS if claim.label.isdigit())
    assert numbers == list(range(1, 65))
    letters = sorted(claim.label for claim in CLAIMS if not claim.label.isdigit())
    assert letters == list("abcdefgh")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.label)
def test_a_claim_has_a_command_that_prints_or_a_reason(claim):
    if claim.kind == "outside":
        _, _, reason = claim.text.partition(". ")
        assert len(reason.split()) >= WORDS_OF_A_REASON
        return
    assert claim.kind in ("run", "record")
    elsewhere = SHOWN_UNDER.search(claim.text)
    block = BY_LABEL[elsewhere[1]].block if elsewhere else claim.block
    assert block is not None and block.language == "console"
    commands = read_commands(block)
    assert commands
    for command, shown in commands:
        assert command.startswith("supplygraph ")
        assert shown.strip(), f"$ {command} shows nothing"


def test_the_counts_are_those_of_the_entries():
    kinds = [claim.kind for claim in CLAIMS if claim.label.isdigit()]
    said = (
        f"Of the {len(kinds)} claims {kinds.count('run')} are `run`, "
        f"{kinds.count('record')} are on `record`, {kinds.count('outside')} are `outside`."
    )
    assert said in PAGE.read_text(encoding="utf-8")


def test_a_block_belongs_to_a_claim():
    used = {claim.block for claim in CLAIMS}
    assert [str(block) for block in read_blocks(PAGE) if block not in used] == []
