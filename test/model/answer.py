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
        self.made = {}  # by the number of the row that tells of it
        self.codes = {}
        self.sqlstate = None
        self.ends = []

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
        for made in self.made.values():
            if (made.letter, made.id) in model.ids:
                raise Differs(f"expected a new {made.letter}\ngot      {made.id}, which is not new")
            model.ids.add((made.letter, made.id))
        self.ends = [code] if code != "00000" else list(self.ends_of(rows))

    def ends_of(self, rows):
        if self.name == "place_orders":
            yield from (row[7] or row[1] for row in rows)
        else:
            first = rows[0][0] if rows and self.name not in ("explain", "renew_code") else ""
            yield first if first and not first[-1].isdigit() else "done"

    def agree(self, expected, rows):
        return [len(row) for row in expected] == [len(row) for row in rows] and all(
            self.is_told(n, cell, told) for n, (row, came) in enumerate(zip(expected, rows), 1) for cell, told in zip(row, came))

    def is_told(self, row, expected, cell):
        if isinstance(expected, Code):
            expected.text = cell
            self.codes[row] = expected
            return bool(cell)
        if isinstance(expected, Thing):
            if expected.id is None and cell is not None and cell.isdigit():
                expected.id = int(cell)
                expected.name = f"{expected.letter}_{cell}"
                self.made[row] = expected
            return str(expected.id) == cell
        if isinstance(expected, frozenset):
            return cell in expected
        return plain(expected) == cell

    def text(self):
        return statement(self.name, self.arguments)

    def script(self):
        """The call for a psql that gives things their ids anew."""
        columns = ("order_id", "code") if self.name in ("place_order", "place_orders") else (self.name, self.name)
        told = [(row, columns[0], made.name) for row, made in self.made.items()]
        told += [(row, columns[1], f"code_{code.order.name}_{code.number}") for row, code in self.codes.items()]
        called = statement(self.name, self.arguments, named=True)
        if not told:
            return f"{called};"
        if self.name == "place_orders":
            told = [(row, f"max({column}) FILTER (WHERE ordinal = {row})", name) for row, column, name in told]
        return f"SELECT {', '.join(f'{column} AS {name}' for _, column, name in told)} FROM {called.partition(' FROM ')[2]} \\gset"


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
