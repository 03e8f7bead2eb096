"""Entry fees by the year, charged day by day. From docs/fees.md."""

from days import NEVER, day_of, days_between, later, share_days
from money import EARNED
from things import Fee, FeeRun, Member, Refused, need, within

HIGHEST_FEE = 10**13


class Fees:
    def __init__(self):
        super().__init__()
        self.fees = []
        self.fee_runs = []

    def set_entry_fee(self, member, yearly, since, until=None):
        need(member, Member)
        within(need(yearly), 1, HIGHEST_FEE)
        days = days_between(since, until)
        own = [fee for fee in self.fees if fee.member is member]
        for fee in own:
            if fee.since == days[0]:
                if (fee.yearly, fee.until) != (yearly, days[1]):
                    raise Refused("KT010")
                return [fee]
        ends = [fee for fee in own if fee.until == NEVER and fee.since < days[0]]
        if any(fee.accrued > days[0] for fee in ends) or any(share_days((fee.since, fee.until), days) for fee in own if fee not in ends):
            raise Refused("KT301")
        for fee in ends:
            fee.until = days[0]
        earned = [account for (whose, kind), account in self.accounts.items() if whose is member and kind in EARNED]
        account = earned[0] if earned else self.account(member, "commission")
        self.fees.append(Fee(member=member, account=account, yearly=yearly, since=days[0], until=days[1], accrued=days[0]))
        return [self.fees[-1]]

    def end_entry_fee(self, member, until):
        need(member, Member)
        until = day_of(until)
        for fee in self.fees:
            if fee.member is member and fee.since < until < fee.until:
                if fee.accrued > until:
                    raise Refused("KT301")
                fee.until = until
                return [True]
        return [False]

    def accrue_fees(self, until=None):
        """Every day before one that is not charged yet: how many members, and how much."""
        until = self.day() if until is None else day_of(until)
        if until > self.day():
            raise Refused("22023")
        run = FeeRun(until=until, lines=[], journal=None)
        for fee in self.fees:
            end = min(until, fee.until)
            if fee.accrued < end:
                run.lines.append((fee, fee.accrued, end, come_to(fee, end) - come_to(fee, fee.accrued)))
                fee.accrued = end
        if not run.lines:
            return [0, 0]
        self.fee_runs.append(run)
        amount = sum(part for *_, part in run.lines)
        if amount > 0:
            entries = {self.revenue: amount}
            for fee, *_, part in run.lines:
                entries[fee.account] = entries.get(fee.account, 0) - part
            run.journal = self.post_owed("entry_fee", (run,), entries)
        return [len({fee.member for fee, *_ in run.lines}), amount]


def come_to(fee, day):
    """From its first day up to a day: whole years, and of the last one its days by their number, half a unit up."""
    years = 0
    while later(fee.since, years + 1) <= day:
        years += 1
    begins, ends = later(fee.since, years), later(fee.since, years + 1)
    part = 2 * fee.yearly * (day - begins).days + (ends - begins).days
    return years * fee.yearly + part // (2 * (ends - begins).days)
