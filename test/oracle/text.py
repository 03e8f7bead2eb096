"""Rules as text: in the one form in which they are printed, and as people write them."""

import string

LETTERS = string.ascii_lowercase + "_"


def party_names(rng, count):
    names = [f"p{n}" for n in range(count)]
    for n in range(count):
        kind = rng.random()
        if kind < 0.02:
            names[n] = rng.choice(LETTERS) * (63 - len(names[n])) + names[n]
        elif kind < 0.1:
            names[n] = rng.choice(("rest", "cost", "of", "min", "whole", "ladder", "_")) + names[n]
    return names


def percentage(ppm):
    digits = f"{ppm // 10_000}.{ppm % 10_000:04d}".rstrip("0").rstrip(".")
    return digits + "%"


def term(clause):
    """In canonical form, a blank between any two words."""
    if clause["kind"] in ("cost", "rest"):
        return clause["kind"]
    if clause["kind"] in ("unit", "order"):
        return f"{clause['amount']} per {clause['kind']}"
    text = percentage(clause["steps"][0][1])
    if clause["ladder"]:
        steps = ", ".join(f"{start}: {percentage(ppm)}" for start, ppm in clause["steps"])
        text = f"{'whole ' if clause['whole'] else ''}ladder({steps})"
    text += f" of {clause['base']}"
    for bound in ("min", "max"):
        if clause[bound] is not None:
            text += f" {bound} {clause[bound]}"
    return text


def canonical(names, rule):
    return ", ".join(f"{name} {term(clause)}" for name, clause in zip(names, rule))


def written(rng, text):
    """The same rule as somebody else would type it: blanks and capital letters."""
    out = []
    for character in text:
        kind = rng.random()
        if character == " " and kind < 0.3:
            out.append(rng.choice(("  ", "\t", " \r ")))
        elif character in ",:(" and kind < 0.2:
            out.append(f" {character} ")
        elif character in "%)" and kind < 0.2:
            out.append(f" {character}")
        elif kind < 0.05:
            out.append(character.upper())
        else:
            out.append(character)
    return "".join(out)
