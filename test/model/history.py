"""What accounts had come to at times that are past: all journals are remembered. From docs/ledger.md."""

from campaigns import CLOSES, FUTURE, PAST
from times import clock_of
from things import Account, Moment, Refused, need


class History:
    def __init__(self):
        super().__init__()
        self.moments = []
        self.books_end = None
        self.checkpoints = {}  # account: the end of the books when it was noted last

    def now_is(self):
        self.moments.append(Moment(clock=self.clock))
        return [self.moments[-1]]

    def moves(self, account, since, until, by="written"):
        """What was posted to an account from a time (inclusive) to another (exclusive)."""
        return [journal.entries[account] for journal in self.journals.values() if account in journal.entries and since <= getattr(journal, by) < until]

    def balance_at(self, account, at, as_of="written"):
        if need(as_of) not in ("written", "happened"):
            raise Refused("22023")
        at = clock_of(at)
        need(account)
        return [sum(self.moves(need(account, Account), -1, at, as_of))]

    def trial_balance_at(self, at, as_of="written"):
        rows = {}
        for account in self.accounts.values():
            number, balance = rows.get(account.kind, (0, 0))
            rows[account.kind] = (number + 1, balance + self.balance_at(account, at, as_of)[0])
        return [[kind, *row] for kind, row in sorted(rows.items())]

    def turnover(self, account, since, until):
        for time in (since, until):
            if need(time) in ("infinity", "-infinity"):
                raise Refused("22023")
        # Nothing lies between times that are still to come, but one is before the other.
        if clock_of(since) >= clock_of(until) and (since, until) != (FUTURE, CLOSES):
            raise Refused("22023")
        before, moves = [self.moves(need(account, Account), *times) for times in ((-1, clock_of(since)), (clock_of(since), clock_of(until)))]
        return [[sum(before), sum(amount for amount in moves if amount > 0), -sum(amount for amount in moves if amount < 0), sum(before + moves), len(moves)]]

    def close_books(self, until=None):
        if until in ("infinity", "-infinity", FUTURE, CLOSES):
            raise Refused("22023")
        end = self.clock if until is None else clock_of(until)
        self.books_end = end if self.books_end is None else max(self.books_end, end)
        return [True]

    def take_checkpoint(self):
        """How many accounts have moved since the last one, up to the end of the books."""
        if self.books_end is None:
            return [0]
        moved = [account for account in self.accounts.values() if self.moves(account, self.checkpoints.get(account, -1), self.books_end)]
        self.checkpoints.update(dict.fromkeys(moved, self.books_end))
        return [len(moved)]
