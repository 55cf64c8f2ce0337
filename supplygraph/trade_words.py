"""What the trade calls stages, processes, sectors and units, for people who read an answer."""

from __future__ import annotations

STAGES = {
    "mine": "Mine",
    "separation": "Separation",
    "metal": "Metal",
    "magnet": "Magnet",
    "component": "Component",
    "product": "Products",
}
SECTORS = {
    "autos": "Autos",
    "defence": "Defence",
    "chips": "Chips",
    "energy": "Energy",
    "industry": "Industry",
    "other": "Other",
}
PROCESSES = {
    "hard-rock": "Hard-rock mining",
    "clay": "Ion-clay mining",
    "sands": "Mineral-sand mining",
    "by-product": "By-product mining",
    "crack": "Cracking",
    "light": "Light separation",
    "heavy": "Heavy separation",
    "recycle": "Recycling",
    "scandium": "Scandium separation",
    "unrecorded": "Unrecorded output",
    "ndpr": "NdPr metal",
    "dytb": "Dy and Tb metal",
    "sm": "Sm metal",
    "ndfeb": "NdFeB magnets",
    "smco": "SmCo magnets",
    "bonded": "Bonded magnets",
}
UNITS = {
    "t_gross": "t gross",
    "t_reo": "t REO",
    "t_oxide": "t oxide",
    "t_metal": "t metal",
    "t_blank": "t of blanks",
    "t_finished": "t of magnets",
    "piece": "pieces",
}


def unit_text(unit: str) -> str:
    """A unit as people write it.

    Examples
    --------
    >>> unit_text("t_reo/yr"), unit_text("vehicle/yr"), unit_text("")
    ('t REO a year', 'vehicle a year', '')
    """
    name, _, per = unit.partition("/")
    text = UNITS.get(name, name)
    return f"{text} a year" if per == "yr" else text + (f" a {per}" if per else "")


def word(name: str) -> str:
    """An identifier as a title.

    Examples
    --------
    >>> word("hard-rock"), word("autos")
    ('Hard-rock', 'Autos')
    """
    return STAGES.get(name) or SECTORS.get(name) or name[:1].upper() + name[1:]


def step_text(stage: str, process: str) -> str:
    """A process as people name it.

    Examples
    --------
    >>> step_text("separation", "heavy"), step_text("magnet", "sinter"), step_text("mine", "mine")
    ('Heavy separation', 'Sinter (magnet)', 'Mine')
    """
    if stage == "product" or stage == process:
        return word(process)
    return PROCESSES.get(process) or f"{word(process)} ({stage})"


def in_a_sentence(name: str) -> str:
    """A name that begins with a common word, as it stands within a sentence.

    Examples
    --------
    >>> in_a_sentence("Heavy separation"), in_a_sentence("NdFeB magnets"), in_a_sentence("Sm metal")
    ('heavy separation', 'NdFeB magnets', 'Sm metal')
    """
    first = name.split(" ")[0].split("-")[0]
    common = len(first) > len("Dy") and first[1:].islower()  # symbols of elements are two letters
    return f"{name[0].lower()}{name[1:]}" if common else name
