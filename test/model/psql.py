"""One psql, kept open: a statement in, its rows and SQLSTATE out; and values as SQL."""

import subprocess
import tempfile

from things import Account, Change, Code, Journal, Line, Quota, Thing, Unknown

CELL, END, NULL = "\x1f", "\x1e", "\x1d"

# What is asked of a call, where that is not all of its row.
COLUMNS = {
    "place_orders": "ordinal, outcome, order_id, amount, pickup_point, code, item, error_code, error IS NOT NULL",
    "order_parts": "item_id, units, sale, party, member_id, amount, rule",
    "post_settlement": "orders, refunds, amount, journal_id IS NOT NULL",
    "send_transfers": "count(*), coalesce(sum(amount), 0)",
}


class Broken(Exception):
    """The server or psql is gone."""


class Psql:
    def __init__(self, database):
        self.errors = tempfile.TemporaryFile(mode="a+")
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "-A", "-t", "-F", CELL, "-P", f"null={NULL}", "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.ask("SET client_min_messages = warning; SET search_path = market, ktt, public")

    def ask(self, statement):
        """SQLSTATE and rows of texts (None for NULL)."""
        try:
            self.process.stdin.write(f"{statement};\n\\echo {END}:SQLSTATE\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Broken(f"psql broke off: {self.said()}") from None
        rows = []
        for line in self.process.stdout:
            line = line[:-1]
            if line.startswith(END):
                return line[1:], rows
            rows.append([None if cell == NULL else cell for cell in line.split(CELL)])
        raise Broken(f"psql broke off: {self.said()}")

    def said(self):
        """The last error, or whatever psql said last."""
        self.errors.seek(0)
        said = self.errors.read()
        return said[max(said.rfind("ERROR:"), 0):][-2000:].strip()

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.errors.close()


def literal(value, named=False):
    """A value as SQL; with names, things are psql's variables, so that a script can make its own."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    if isinstance(value, tuple):
        return "location({!r}, {!r})".format(*value)
    if isinstance(value, dict):
        return f"jsonb_build_object({', '.join(fields(value, named))})"
    if isinstance(value, list) and all(element is None for element in value):
        return "'{" + ",".join("NULL" for _ in value) + "}'"
    if isinstance(value, list):
        kind = "jsonb" if any(isinstance(element, dict) for element in value) else "bigint"
        return "ARRAY[" + ", ".join(literal(element, named) for element in value) + f"]::{kind}[]"
    if isinstance(value, Journal):
        reference = " || '/' || ".join(literal(part, named) for part in value.reference)
        return f"(SELECT id FROM journals WHERE (kind, reference) = ('{value.kind}', ({reference})::text))"
    if isinstance(value, Account):
        whose = "IS NULL" if value.member is None else "= " + literal(value.member, named)
        return f"(SELECT id FROM accounts WHERE member_id {whose} AND kind = '{value.kind}')"
    if isinstance(value, Change):
        campaign, order = [literal(each, named) for each in (value.order.campaign, value.order)]
        return f"(SELECT id FROM order_changes WHERE (campaign_id, order_id) = ({campaign}, {order}) ORDER BY id OFFSET {value.number} LIMIT 1)"
    if isinstance(value, Quota) and value.id is None:
        return f"(SELECT capacity_id FROM campaigns WHERE id = {literal(value.campaign, named)})"
    if isinstance(value, Line):
        return "(SELECT key FROM payout_lines WHERE (payout_id, member_id) = ({}, {}))".format(literal(value.payout, named), literal(value.member, named))
    if isinstance(value, Code):
        return f":'code_{value.order.name}_{value.number}'" if named else literal(value.text)
    if isinstance(value, Unknown):
        return str(value.id)
    if isinstance(value, Thing):
        return f":{value.name}" if named else str(value.id)
    return literal(value.text())


def fields(order, named):
    """Of an order in bulk, where a location is two numbers."""
    for name, value in order.items():
        if isinstance(value, tuple):
            yield "'longitude', {}, 'latitude', {}".format(*value)
        else:
            yield f"'{name}', {literal(value, named)}"


def statement(name, arguments, named=False):
    given = ", ".join(f"{key} => {literal(value, named)}" for key, value in arguments.items())
    return f"SELECT {COLUMNS.get(name, '*')} FROM {name}({given})"
