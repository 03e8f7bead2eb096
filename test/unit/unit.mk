# What is linked with the core alone and run outside any server: the unit tests,
# one program per test/unit/*_test.c, the fuzz driver, one program of all
# harnesses, and the driver of the oracle; and the fuzz client, which compares a
# server with the core. From the top:
# make -f test/unit/unit.mk [fuzz|fuzz_client|oracle]
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
B ?= build/unit
UNIT_CFLAGS = -std=gnu11 -g -O1 -Wall -Wextra -Isrc -MMD -MP $(SANITIZE)

CORE := $(patsubst src/%.c,$(B)/%.o,$(wildcard src/core/*.c))
TESTS := $(patsubst test/unit/%.c,$(B)/%,$(wildcard test/unit/*_test.c))
FUZZ := $(patsubst test/%.c,$(B)/%.o,$(filter-out %/libfuzzer.c %/driver.c %/server_client.c,$(wildcard test/fuzz/*.c)))
PG_CONFIG ?= pg_config

all: $(TESTS)
fuzz: $(B)/fuzz_driver

fuzz_client: $(B)/fuzz_client

oracle: $(B)/oracle

$(B)/core/%.o: src/core/%.c test/unit/unit.mk
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(B)/%_test: test/unit/%_test.c $(CORE)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -o $@ $< $(CORE) -lsodium -lproj -lm

$(B)/oracle: test/oracle/compare.c $(CORE)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -o $@ $< $(CORE) -lsodium -lproj -lm

$(B)/fuzz/%.o: test/fuzz/%.c test/unit/unit.mk
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(B)/fuzz_driver: test/fuzz/driver.c $(FUZZ) $(CORE)
	$(CC) $(UNIT_CFLAGS) -o $@ $^ -lsodium -lproj -lm

$(B)/fuzz_client: test/fuzz/server_client.c $(FUZZ) $(CORE)
	$(CC) $(UNIT_CFLAGS) -I$$($(PG_CONFIG) --includedir) -o $@ $^ -L$$($(PG_CONFIG) --libdir) -lpq -lsodium -lproj -lm

.DELETE_ON_ERROR:
.PHONY: all fuzz fuzz_client oracle
-include $(CORE:.o=.d) $(FUZZ:.o=.d) $(TESTS:=.d) $(wildcard $(B)/fuzz_*.d)
