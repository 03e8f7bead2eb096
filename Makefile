# Provisional: build and install with PGXS.
EXTENSION = ktt
MODULE_big = ktt
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/core/*.c) $(wildcard src/*.c)))
DATA_built = build/ktt--0.1.0.sql
PG_CPPFLAGS = -Isrc
SHLIB_LINK = -lsodium -lm
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-declaration-after-statement -fvisibility=hidden -ffp-contract=off
PG_CONFIG = pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
with_llvm = no
include $(PGXS)

build/ktt--0.1.0.sql: $(sort $(wildcard sql/ktt/*.sql)) $(sort $(wildcard sql/market/*.sql))
	mkdir -p build
	cat $(sort $(wildcard sql/ktt/*.sql)) > $@.new
	mv $@.new $@
