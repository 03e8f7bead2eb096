# The extension by PGXS, for the front door in ../Makefile: run inside the
# directory of one flavour (build/release, build/asan, build/coverage), so that
# nothing is ever built beside the sources.
TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)
FLAVOUR ?= release
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error $(PG_CONFIG) is not there: "make setup" installs it, PG_CONFIG=... names another)
endif

EXTENSION = ktt
KTT_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(TOP)/ktt.control)
C_FILES := $(sort $(wildcard $(TOP)/src/core/*.c $(TOP)/src/*.c))
KTT_SQL := $(sort $(wildcard $(TOP)/sql/ktt/*.sql))
MARKET_SQL := $(sort $(wildcard $(TOP)/sql/market/*.sql))
UPGRADES := $(notdir $(sort $(wildcard $(TOP)/sql/upgrade/*.sql)))

MODULE_big = ktt
OBJS = $(C_FILES:$(TOP)/src/%.c=obj/%.o)
# "make demo DATA=..." means other data than PGXS does.
override DATA =
DATA_built = ktt--$(KTT_VERSION).sql $(UPGRADES)
SHLIB_LINK = -lsodium -lproj -lm
PG_CPPFLAGS = -I$(TOP)/src -DKTT_VERSION='"$(KTT_VERSION)"'
# Half a unit in the last place must not depend on the compiler: no fused
# multiply-add.
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -Wno-declaration-after-statement \
	-fvisibility=hidden -ffp-contract=off -MMD -MP

ifeq ($(FLAVOUR),release)
PG_CFLAGS += -ffile-prefix-map=$(TOP)/=
else ifeq ($(FLAVOUR),asan)
# The server's own flags say -fwrapv, which would hide signed overflow.
SANITIZE = -fsanitize=address,undefined
PG_CFLAGS += $(SANITIZE) -fno-sanitize-recover=undefined -fno-wrapv -O1 -g \
	-fno-omit-frame-pointer
SHLIB_LINK += $(SANITIZE)
else ifeq ($(FLAVOUR),coverage)
PG_CFLAGS += --coverage -O0 -g -Dalways_inline=__unused__
SHLIB_LINK += --coverage
else
$(error there is no flavour "$(FLAVOUR)")
endif

# Bitcode would only let JIT inline ktt's functions into expressions.
override with_llvm = no
# PGXS looks for the control file and the tests in srcdir, which is VPATH.
# Everything it needs is brought here, so a stale file beside the sources can
# never be taken for a built one.
VPATH = .
REGRESS = $(basename $(notdir $(sort $(wildcard $(TOP)/test/sql/*.sql))))
# The first spec makes what the others begin with.
ISOLATION = fresh_market $(filter-out fresh_market,$(basename $(notdir $(sort $(wildcard $(TOP)/test/isolation/specs/*.spec)))))
LOAD = --load-extension=postgis --load-extension=btree_gist --load-extension=ktt
REGRESS_OPTS = --inputdir=$(TOP)/test $(LOAD)
ISOLATION_OPTS = --inputdir=$(TOP)/test/isolation $(LOAD)
REGRESS_PREP = expected

include $(PGXS)

.DELETE_ON_ERROR:
.PHONY: expected FORCE
expected:
	ln -sfn $(TOP)/expected expected

$(shell mkdir -p $(sort $(dir $(OBJS))))
-include $(OBJS:.o=.d)

# A piece that is taken away must rebuild what it was part of.
pieces: FORCE
	@printf '%s\n' $(OBJS) $(KTT_SQL) $(MARKET_SQL) | cmp -s - $@ || \
		printf '%s\n' $(OBJS) $(KTT_SQL) $(MARKET_SQL) > $@

ktt$(DLSUFFIX): pieces

obj/%.o: $(TOP)/src/%.c $(TOP)/ktt.control $(TOP)/src/extension.mk
	$(CC) $(CFLAGS) $(CFLAGS_SL) $(CPPFLAGS) -c -o $@ $<

ktt.control: $(TOP)/ktt.control
	cp $< $@

# The market's files stand word for word where the pieces say @market_sql@.
ktt--$(KTT_VERSION).sql: pieces $(KTT_SQL) $(MARKET_SQL)
	awk -v market='$(MARKET_SQL)' '\
		$$0 != "@market_sql@" { print; next } \
		{ n = split(market, file, " "); \
		  for (i = 1; i <= n; i++) \
			while ((getline line < file[i]) > 0) print line }' $(KTT_SQL) > $@

ktt--%.sql: $(TOP)/sql/upgrade/ktt--%.sql
	cp $< $@
