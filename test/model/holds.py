"""Holds by hand: a part of a balance that is reserved, then moved, let go, or expired. From docs/ledger.md."""

from adjustments import BEHIND_OTHERS
from things import Account, Hold, Refused, need, need_text, within
from times import clock_of

MOST = 10**15


class Holds:
    def __init__(self):
        super().__init__()
        self.holds = []

    def hold(self, account, amount, request, reason, expires_at=None):
        first = self.claim("hold", request, (account, amount, reason, expires_at))
        if first is not None:
            return [first]
        need(account)
        within(need(amount), 1, MOST)
        need_text(reason)
        ends = None if expires_at is None else clock_of(expires_at)
        if ends is not None and ends <= self.clock or expires_at == "infinity":
            raise Refused("22023")
        need(account, Account)
        if account.member is None or account.kind == "debt":
            raise Refused("KT301")
        if account.balance - account.held < amount:
            raise Refused("KT402")
        account.held += amount
        self.holds.append(Hold(account=account, amount=amount, reason=reason, state="held", posted=0, to=None, journal=None, ends=ends))
        self.finish("hold", request, self.holds[-1])
        return [self.holds[-1]]

    def post_hold(self, hold, to_account, amount=None):
        need(hold, Hold)
        amount = hold.amount if amount is None else amount
        within(amount, 1, hold.amount)
        if (hold.state, hold.posted, hold.to) == ("posted", amount, to_account):
            return [hold.journal]
        if hold.state != "held" or self.is_over(hold):
            raise Refused("KT301")
        if need(to_account) is hold.account:
            raise Refused("22023")
        if need(to_account, Account).kind in BEHIND_OTHERS:
            raise Refused("KT301")
        entries = {to_account: amount, hold.account: -amount}
        self.check_funds(entries, released={hold.account: hold.amount})
        hold.account.held -= hold.amount
        hold.state, hold.posted, hold.to = "posted", amount, to_account
        hold.journal = self.post("hold", (hold,), entries)
        return [hold.journal]

    def void_hold(self, hold):
        if need(hold, Hold).state == "posted":
            raise Refused("KT301")
        if hold.state != "held":
            return [False]
        self.let_go(hold, "voided")
        return [True]

    def let_go(self, hold, state):
        hold.account.held -= hold.amount
        hold.state = state

    def expire_holds(self, at_most):
        within(need(at_most), 0, 1_000_000)
        over = [hold for hold in self.holds if hold.state == "held" and self.is_over(hold)]
        over.sort(key=lambda hold: hold.account.place)
        for hold in over[:at_most]:
            self.let_go(hold, "expired")
        return [len(over[:at_most])]

    def is_over(self, hold):
        return hold.ends is not None and hold.ends <= self.clock
