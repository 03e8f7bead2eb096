"""Tax withheld on commission and bonuses when the books are closed. From docs/fees.md."""

from days import day_of, later
from holds import MOST
from periods import check_text, need_scale
from things import Refused, TaxRule, TaxRun, need, need_text, within

EARNED_BY = ("settlement", "bonus")


class Tax:
    def __init__(self):
        super().__init__()
        self.tax_rules = []
        self.tax_runs = []
        self.tax = self.accounts[None, "tax"]

    def set_tax_rule(self, member_kind, since, every, rule, source):
        check_text(rule)
        if need(member_kind) not in ("person", "company") or need(every) not in ("month", "year"):
            raise Refused("22023")
        need_text(source, 1024)
        since = day_of(since)
        if since != first_of(every, since):
            raise Refused("22023")
        need_scale(rule, "tax", "payee")
        for stands in self.tax_rules:
            if (stands.kind, stands.since) == (member_kind, since):
                if (stands.every, stands.rule, stands.source) != (every, rule, source):
                    raise Refused("KT010")
                return [stands]
        if any(run.until > self.begins(since) for run in self.tax_runs):
            raise Refused("KT301")
        self.tax_rules.append(TaxRule(kind=member_kind, since=since, every=every, rule=rule, source=source))
        return [self.tax_rules[-1]]

    def rule_on(self, day):
        """Of persons, as all members of a run are, and the month or year for which its bands count."""
        rules = sorted((rule for rule in self.tax_rules if rule.kind == "person"), key=lambda rule: rule.since)
        stands = [rule for rule in rules if rule.since <= day]
        if not stands:
            return None
        rule = stands[-1]
        first = first_of(rule.every, day)
        last = later(first, months=1) if rule.every == "month" else later(first, years=1)
        return rule, first, min([last] + [other.since for other in rules if other.since > rule.since])

    def earned(self, account):
        """Day, time and amount of every posting of commission and bonuses."""
        return [(self.day_at(journal.written), journal.written, journal.entries[account]) for journal in self.journals.values()
                if journal.kind in EARNED_BY and account in journal.entries]

    def withhold_tax(self):
        done = self.tax_runs[-1].until if self.tax_runs else -1
        if self.books_end is None or self.books_end <= done:
            return [0, 0]
        run = TaxRun(until=self.books_end, lines=[], journal=None)
        self.tax_runs.append(run)
        for account in [account for account in self.accounts.values() if account.kind == "commission"]:
            earned = [each for each in self.earned(account) if each[1] < run.until]
            for rule, first, last in {self.rule_on(day) for day, written, _ in earned if written >= done} - {None}:
                base = sum(amount for day, _, amount in earned if first <= day < last)
                total = rule.rule.part(max(base, 0))
                before = sum(line[-1] for each in self.tax_runs for line in each.lines if line[:3] == (account, first, last))
                run.lines.append((account, first, last, rule, base, total, total - before))
        moved = {}
        for account, *_, amount in run.lines:
            moved[account] = moved.get(account, 0) - amount
        amount = -sum(moved.values())
        entries = {account: part for account, part in [*moved.items(), (self.tax, amount)] if part}
        if entries:
            run.journal = self.post_owed("tax", (run,), entries)
        return [len({line[0] for line in run.lines if line[-1]}), amount]

    def pay_tax(self, amount, reference):
        within(need(amount), 1, MOST)
        need_text(reference)
        if amount > self.tax.balance and ("tax_payment", (reference,)) not in self.journals:
            raise Refused("KT402")
        return [self.post_once("tax_payment", reference, {self.bank: amount, self.tax: -amount})]


def first_of(every, day):
    return day.replace(day=1) if every == "month" else day.replace(month=1, day=1)
