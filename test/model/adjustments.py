"""Journals by hand, which one proposes and another approves; a journal is taken back whole by one that names it. From docs/ledger.md."""

import split
from campaigns import PAST
from things import Account, Adjustment, Entries, Journal, Member, Refused, need, need_text

BEHIND_OTHERS = ("clearing", "unmatched", "transfers")  # accounts that orders, payments or transfers stand behind
REVERSIBLE = ("adjustment", "penalty", "hold", "repayment", "write_off", "deposit", "returned_deposit")


class Adjustments:
    def __init__(self):
        super().__init__()
        self.adjustments = []

    def propose_adjustment(self, reference, entries, reason, made_by, happened_at=None):
        need(made_by, Member)
        need_text(reference)
        need_text(reason)
        amounts = need(entries).amounts
        if sum(amounts.values()) != 0 or len(amounts) < 2:
            raise Refused("23514")
        if happened_at not in (None, PAST):
            raise Refused("22023")
        if not all(isinstance(account, Account) for account in amounts):
            raise Refused("KT303")
        if any(account.kind in BEHIND_OTHERS for account in amounts):
            raise Refused("KT301")
        for proposed in self.adjustments:
            if proposed.reference == (reference,):
                if (proposed.entries, proposed.reason, proposed.maker, proposed.happened) != (amounts, reason, made_by, happened_at):
                    raise Refused("KT010")
                return [proposed]
        return [self.proposed((reference,), amounts, None, reason, made_by, happened_at)]

    def proposed(self, reference, entries, reverses, reason, maker, happened):
        self.adjustments.append(Adjustment(reference=reference, entries=entries, reverses=reverses, reason=reason, maker=maker, happened=happened,
                                           approver=None, journal=None, withdrawn=False))
        return self.adjustments[-1]

    def propose_reversal(self, journal, reason, made_by):
        need(made_by, Member)
        need_text(reason)
        need(journal, Journal)
        if journal.kind not in REVERSIBLE:
            raise Refused("KT301")
        proposed = [each for each in self.adjustments if each.reverses is journal]
        for each in proposed:
            if not each.withdrawn:
                return [each]
        return [self.proposed((f"reversal {len(proposed) + 1} of {journal.id}",), split.negative(journal.entries), journal, reason, made_by, None)]

    def approve_adjustment(self, adjustment, approver):
        need(approver, Member)
        need(adjustment, Adjustment)
        if adjustment.withdrawn:
            raise Refused("KT301")
        if adjustment.maker is approver:
            raise Refused("KT404")
        if adjustment.approver not in (None, approver):
            raise Refused("KT301")
        if adjustment.approver is None:
            self.check_funds(adjustment.entries)
            kind, about = ("reversal", adjustment.reverses) if adjustment.reverses else ("adjustment", adjustment)
            adjustment.journal = self.post(kind, (about,), adjustment.entries)
            if adjustment.happened == PAST:
                adjustment.journal.happened = 0
            adjustment.approver = approver
        return [adjustment.journal]

    def withdraw_adjustment(self, adjustment):
        if need(adjustment, Adjustment).approver is not None:
            raise Refused("KT301")
        adjustment.withdrawn = True
        return [""]
