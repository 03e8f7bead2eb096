"""A call, and whether the market answered it as the model says."""

from psql import statement
from things import Code, Refused, Thing


class Differs(Exception):
    """Market and model disagree; the text says what was expected and what came."""


class Call:
    """A call with things and values for arguments; afterwards it knows what it made and how it ended."""

    def __init__(self, name, arguments):
        self.name = name
        self.arguments = arguments
        self.made = None
        self.code = None
        self.sqlstate = None
        self.ended = None

    def run(self, model, server):
        try:
            expected, refused = model.call(self.name, self.arguments), ("00000",)
        except Refused as refusal:
            expected, refused = None, refusal.codes
        code, rows = server.ask(statement(self.name, self.arguments))
        self.sqlstate = code
        if code not in refused or not (expected is None or self.agree(expected, rows)):
            came = show(code, rows) + (f" ({server.said()})" if code != "00000" else "")
            raise Differs(f"expected {show(refused[0], expected or [])}\ngot      {came}")
        if self.made is not None:
            if (self.made.letter, self.made.id) in model.ids:
                raise Differs(f"expected a new {self.made.letter}\ngot      {self.made.id}, which is not new")
            model.ids.add((self.made.letter, self.made.id))
        first = rows[0][0] if rows and self.name not in ("explain", "renew_code") else ""
        self.ended = code if code != "00000" else first if first and not first[-1].isdigit() else "done"

    def agree(self, expected, rows):
        return [len(row) for row in expected] == [len(row) for row in rows] and all(
            self.is_told(cell, told) for row, came in zip(expected, rows) for cell, told in zip(row, came))

    def is_told(self, expected, cell):
        if isinstance(expected, Code):
            expected.text = cell
            self.code = expected
            return bool(cell)
        if isinstance(expected, Thing):
            if expected.id is None and cell is not None and cell.isdigit():
                self.make(expected, int(cell))
            return str(expected.id) == cell
        return plain(expected) == cell

    def make(self, thing, number):
        thing.id = number
        thing.name = thing.name or f"{thing.letter}_{number}"
        self.made = thing

    def text(self):
        return statement(self.name, self.arguments)

    def script(self):
        """The call for a psql that gives things their ids anew."""
        told = []
        if self.made is not None:
            told.append(f"{'order_id' if self.name == 'place_order' else self.name} AS {self.made.name}")
        if self.code is not None:
            told.append(f"{'code' if self.name == 'place_order' else self.name} AS code_{self.code.order.name}_{self.code.number}")
        called = statement(self.name, self.arguments, named=True)
        return f"{called.replace('*', ', '.join(told), 1)} \\gset" if told else f"{called};"


def plain(value):
    """As psql prints it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


def show(code, rows):
    if code != "00000":
        return f"error {code}"
    cells = [[f"a new {cell.letter}" if isinstance(cell, Thing) and cell.id is None else
              "a code" if isinstance(cell, Code) else
              str(cell.id) if isinstance(cell, Thing) else plain(cell) for cell in row] for row in rows]
    return "; ".join("(" + ", ".join("NULL" if cell is None else cell for cell in row) + ")" for row in cells) or "no rows"
