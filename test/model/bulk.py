"""Orders in bulk: each with an outcome of its own."""

from things import Refused, need

MOST_ORDERS = 10_000


class Bulk:
    def place_orders(self, orders):
        """In their order; what is wrong with one is its outcome, and the others are placed all the same."""
        if len(need(orders)) > MOST_ORDERS:
            raise Refused("54000")
        return [self.one_of_bulk(number, order or {}) for number, order in enumerate(orders, 1)]

    def one_of_bulk(self, number, order):
        fields = dict.fromkeys(("campaign", "buyer", "items", "units", "request")) | order
        try:
            if isinstance(fields["buyer"], str):
                raise Refused("22P02")
            return [number, *self.place_order(**fields), None, False]
        except Refused as refusal:
            return [number, "error", None, None, None, None, None, frozenset(refusal.codes), True]
