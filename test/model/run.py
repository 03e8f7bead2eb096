#!/usr/bin/env python3
"""Random sequences of calls, the market against the model.

    run.py [--jobs N] [--first SEED] [--seeds N] [--steps N] [--stored FILE] [--prepare FILE] [--shrink SECONDS] [SEED[:STEPS]]...

Every seed runs in a database of its own, on the server that psql finds. After
every call its answer is compared, now and then and at the end the whole state.
Seeds that fail are written to the file of stored seeds, which are run first and
always. SEEDs that are named are run alone. --prepare is SQL for every database,
say a fault that has to be found. The last line is "N passed, N failed".
"""

import argparse
import collections
import datetime
import multiprocessing
import random
import subprocess
import sys
import time
import traceback

from answer import Differs
from compare import compare
from draw import Draw
from model import Model
from psql import Broken, Psql
from shrink import replay, script, shrink
from steps import STEPS, WEIGHTS, start

TEMPLATE = "ktt_model_template"
CALLS = ("all", "calls")  # how many there were; one of many orders may end in many ways

# The market's path has its own schema first: so it reads a clock on which days pass as they are told to.
CLOCK = """
CREATE TABLE market.passed (days int);
INSERT INTO market.passed VALUES (0);
CREATE FUNCTION market.clock_timestamp() RETURNS timestamptz LANGUAGE sql
AS $$ SELECT pg_catalog.clock_timestamp() + days * interval '24 hours' FROM market.passed $$;
CREATE FUNCTION market.now_is() RETURNS timestamptz LANGUAGE sql AS 'SELECT market.clock_timestamp()';
CREATE FUNCTION market.pass_days(days int) RETURNS void LANGUAGE sql
AS $$ UPDATE market.passed p SET days = p.days + pass_days.days $$;
"""

# What has to come to pass in a run of so many calls, or it tests less than it says.
MUST_HAPPEN = {
    2500: {
        "place_order": "placed sold_out limit closed no_point full out_of_reach point_closed KT303 22004 22023",
        "pay_order": "paid part_paid overpaid already_paid KT303",
        "place_orders": "placed limit sold_out 22023 KT303",
        "change_order": "changed limit sold_out 22023",
        "preview_order": "placed limit sold_out",
        "order_parts": "done",
        "cancel_order": "cancelled closed",
        "expire_orders": "done",
        "refund_order": "done KT401 22023",
        "list_item": "done KT201",
        "set_limit": "done",
        "join_campaign": "done",
        "set_tier": "done",
        "touch": "done",
        "decide_offer": "done",
        "set_minimum": "done",
        "set_capacity": "done",
        "create_pool": "done",
        "share_out": "done",
        "restock": "done KT301",
        "conclude_campaign": "succeeded",
        "cancel_campaign": "done",
        "number_orders": "done",
        "freeze_wave": "done",
        "arrive": "done",
        "pick_up": "picked_up",
        "complete_wave": "done",
        "post_settlement": "done",
        "explain": "done",
        "approve_payout": "done",
        "request_payout": "done KT402",
        "send_transfers": "done",
        "confirm_transfer": "confirmed",
        "fail_transfer": "failed",
        "set_liability": "done",
        "hold": "done KT402",
        "post_hold": "done KT301",
        "set_campaign_calendar": "done KT301",
        "set_supplier_calendar": "done KT301",
        "preview_settlement": "done",
        "repay_debt": "done",
        "write_off_debt": "done",
        "receive_deposit": "done",
        "return_deposit": "done",
        "impose_penalty": "done",
        "propose_adjustment": "done",
        "approve_adjustment": "done KT402 KT404",
        "propose_reversal": "done",
        "set_entry_fee": "done",
        "accrue_fees": "done",
        "grant_subsidy": "granted",
        "charge_subsidies": "done",
        "set_bonus": "done",
        "compute_bonuses": "done KT301",
        "charge_traffic": "done KT301",
        "withhold_tax": "done",
        "balance_at": "done",
        "turnover": "done",
        "take_checkpoint": "done",
        "pass_days": "done",
    },
    50_000: {
        "place_order": "filled not_open KT010 KT103 54000",
        "pay_order": "cancelled expired KT010 22004 22023",
        "place_orders": "closed full no_point 22P02 22004 KT010 KT103",
        "change_order": "closed refunded point_closed cancelled expired arrived picked_up completed KT010 KT303 22004",
        "preview_order": "closed not_open no_point full out_of_reach point_closed 22004 22023 KT103 KT303",
        "cancel_order": "KT303",
        "refund_order": "KT010 KT301 KT303 22004",
        "list_item": "KT010 KT301 KT302 KT303 22004 22023",
        "set_limit": "KT301 KT303 22004 22023",
        "set_rate": "done KT202 KT203 KT204 22P02 22023",
        "join_campaign": "KT101 KT102 KT103 KT301 KT303",
        "publish_campaign": "done KT201 KT301",
        "create_campaign": "KT010 KT103 KT301 22023",
        "set_tier": "KT103 22004 22023",
        "touch": "KT103 KT303 22004",
        "draft_offer": "done KT302",
        "push_offer": "done KT301",
        "decide_offer": "KT301 42501",
        "set_minimum": "KT301 22004 22023",
        "set_capacity": "KT301 22004 22023",
        "create_pool": "22004 22023 KT303",
        "share_out": "KT010 KT301 22023",
        "restock": "KT303 22004 22023",
        "close_campaign": "t f",
        "close_due_campaigns": "done",
        "conclude_campaign": "failed KT301",
        "cancel_campaign": "KT301",
        "close_wave": "done KT303",
        "freeze_wave": "KT301",
        "dispatch_wave": "done KT301",
        "arrive": "KT301",
        "hand_over": "picked_up already_picked_up refunded 42501 KT301",
        "hand_over_as_operator": "picked_up already_picked_up",
        "pick_up": "already_picked_up invalid_code mistyped locked 42501",
        "renew_code": "done KT301",
        "complete_wave": "KT301",
        "open_settlement": "done 22023",
        "post_settlement": "KT303",
        "explain": "KT303",
        "make_payout": "done KT010 22023",
        "approve_payout": "KT404 KT301",
        "withdraw_payout": "done KT301",
        "request_payout": "KT010 22023",
        "confirm_transfer": "confirmed_late not_sent amount_differs reference_differs unknown",
        "fail_transfer": "already_confirmed already_returned not_sent unknown",
        "return_transfer": "returned not_confirmed reference_differs already_failed not_sent unknown",
    },
    200_000: {
        "set_liability": "22004 22023 22P02 KT202 KT203",
        "end_liability": "t f",
        "hold": "KT301 22023",
        "post_hold": "22023 KT303 KT402",
        "void_hold": "t f",
        "create_calendar": "done KT010",
        "part_settlement": "done",
        "sum_part": "t f",
        "write_off_debt": "KT402 KT404",
        "impose_penalty": "KT404",
        "return_deposit": "KT402",
        "propose_adjustment": "23514 KT301",
        "propose_reversal": "KT301",
        "end_entry_fee": "t f KT301",
        "grant_subsidy": "exhausted not_open too_much",
        "resize_subsidy": "done",
        "set_tariff": "done KT010 KT301",
        "set_tax_rule": "done KT301",
        "pay_tax": "done KT402",
    },
}


def admin(*statements):
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres"]
    subprocess.run(command, input=";\n".join(("SET client_min_messages = warning",) + statements) + ";\n", text=True, check=True,
                   stdout=subprocess.DEVNULL)


def make_template(prepare):
    admin(f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
    with open(prepare or "/dev/null", encoding="utf-8") as more:
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", TEMPLATE], text=True, check=True, stdout=subprocess.DEVNULL,
                       input=f"SET client_min_messages = warning; CREATE EXTENSION ktt CASCADE; SELECT ktt.create_market();\n{CLOCK}"
                             "SET search_path = market, ktt, public;\n" + more.read())


class Market:
    """A fresh database, a psql in it, and the model that goes with it."""

    def __init__(self, name, settings):
        self.name = name
        self.settings = settings
        admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        self.connect()

    def connect(self):
        self.server = Psql(self.name)
        self.model = Model()
        self.model.max_code_failures = self.settings["failures"]
        self.model.attribution, self.model.own_purchase = self.settings["attribution"], self.settings["own"]
        self.model.first_day = datetime.date.fromisoformat(self.settings["day"])
        self.model.ahead = self.settings["ahead"]
        self.server.ask(configure(self.settings))

    def rewind(self):
        """As it was, for one more trial: all that a trial does is one transaction, and that is given up."""
        self.server.close()
        self.connect()
        self.server.ask("\\set ON_ERROR_ROLLBACK on\nBEGIN")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()
        admin(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def configure(settings):
    return (f"SELECT configure(attribution => '{settings['attribution']}', own_purchase => {settings['own']}, time_zone => 'Etc/GMT{-settings['ahead']:+d}', hold => '0', stock_slots => {settings['slots']}, "
            f"max_code_failures => {settings['failures']})")


def settings_of(rng):
    now = datetime.datetime.now(datetime.timezone.utc)
    ahead = 12 - now.hour  # to a zone where it is about noon: no day ends by itself in a run
    return {"ahead": ahead, "day": str((now + datetime.timedelta(hours=ahead)).date()), "slots": rng.choice([1, 4, 16]), "failures": rng.choice([2, 5, 1000]),
            "attribution": rng.choice(["link", "first", "last"]), "own": rng.choice([True, False])}


def run_seed(seed, steps):
    """What happened, and how it failed: the calls up to there and the difference."""
    rng = random.Random(seed)
    settings = settings_of(rng)
    every = max(50, steps // 20)
    compared = 0
    with Market(f"ktt_model_{seed}", settings) as market:
        draw = Draw(rng, market.model)
        happened = collections.Counter()
        try:
            for call in calls(draw, steps):
                call.run(market.model, market.server)
                happened[CALLS] += 1
                happened.update((call.name, ended) for ended in call.ends)
                if len(draw.history) - compared >= every:
                    compare(market.model, market.server)
                    compared = len(draw.history)
            compare(market.model, market.server)
        except (Differs, Broken) as difference:
            return happened, (draw.history, compared, settings, str(difference))
    return happened, None


def calls(draw, steps):
    for name, arguments in start(draw):
        yield draw.called(name, arguments)
    for _ in range(steps):
        yield draw.next(STEPS, WEIGHTS)


def report(seed, steps, failure, seconds):
    """Seed, step, call, what was expected and what came, and a short script that shows it."""
    history, compared, settings, difference = failure
    def again(calls, since):
        with Market(f"ktt_model_{seed}_again", settings) as market:
            return replay(calls, market, since)

    # The first call after which the states differ, where only a comparison told.
    history, difference = again(history, compared) or (history, difference)
    lines = [f"seed {seed}, step {len(history)} of {steps}: {history[-1].text()}", difference]
    if may_shrink():
        with Market(f"ktt_model_{seed}_short", settings) as market:
            short = shrink(history, difference, market, seconds)[0]
        history, difference = again(short, len(short)) or (history, difference)
    lines += [f"{len(history)} calls show it, for a fresh market:", script(history, configure(settings), CLOCK), "-- " + difference.replace("\n", "\n-- ")]
    return "\n".join(lines)


shrinks_left = multiprocessing.Value("i", 3)


def may_shrink():
    """It takes its time, so only the first failures of a run are made short."""
    with shrinks_left.get_lock():
        shrinks_left.value -= 1
        return shrinks_left.value >= 0


def work(task):
    seed, steps, seconds = task
    try:
        happened, failure = run_seed(seed, steps)
        return seed, steps, happened, failure and report(seed, steps, failure, seconds)
    except Exception:  # a fault of the model is a failure of its seed, not the end of all
        return seed, steps, collections.Counter(), f"seed {seed} of {steps} steps: {traceback.format_exc()}"


def stored_seeds(path):
    with open(path, encoding="utf-8") as lines:
        return [tuple(map(int, line.split()[:2])) for line in lines if line.strip() and not line.startswith("#")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--stored")
    parser.add_argument("--prepare")
    parser.add_argument("--shrink", type=float, default=60)
    parser.add_argument("--tell", action="store_true", help="print how often what happened")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    if options.only:
        tasks = [(int(seed), int(steps or options.steps)) for seed, _, steps in (each.partition(":") for each in options.only)]
    else:
        stored = stored_seeds(options.stored) if options.stored else []
        tasks = list(dict.fromkeys(stored + [(seed, options.steps) for seed in range(options.first, options.first + options.seeds)]))
    make_template(options.prepare)
    passed = failed = 0
    happened = collections.Counter()
    began = time.monotonic()
    with multiprocessing.Pool(options.jobs) as pool:
        for seed, steps, what, trouble in pool.imap_unordered(work, [(*task, options.shrink) for task in tasks]):
            happened += what
            passed += trouble is None
            failed += trouble is not None
            if trouble:
                print(trouble, flush=True)
                if options.stored and not options.only and (seed, steps) not in stored:
                    with open(options.stored, "a", encoding="utf-8") as file:
                        file.write(f"{seed} {steps}\n")
    admin(f"DROP DATABASE {TEMPLATE}")
    if options.tell:
        for (name, ended), times in sorted(happened.items()):
            print(f"{times:8} {name} {ended}")
    for enough, ends in MUST_HAPPEN.items():
        if happened[CALLS] >= enough:
            missing = [f"{name} {ended}" for name, all_ended in ends.items() for ended in all_ended.split() if not happened[name, ended]]
            passed += not missing
            failed += bool(missing)
            for what in missing:
                print(f"never happened: {what}")
    refused = sum(times for (_, ended), times in happened.items() if len(ended) == 5 and ended.upper() == ended)
    print(f"{len(tasks)} seeds, {happened[CALLS]} calls, {refused} refused with an error, {time.monotonic() - began:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
