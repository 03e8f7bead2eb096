# The unit tests, one program per test/unit/*_test.c, and the driver of the
# oracle, linked with the core alone and run outside any server. From the top:
# make -f test/unit/unit.mk [oracle]
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined
B ?= build/unit
UNIT_CFLAGS = -std=gnu11 -g -O1 -Wall -Wextra -Isrc -MMD -MP $(SANITIZE)

CORE := $(patsubst src/%.c,$(B)/%.o,$(wildcard src/core/*.c))
TESTS := $(patsubst test/unit/%.c,$(B)/%,$(wildcard test/unit/*_test.c))

all: $(TESTS)

oracle: $(B)/oracle

$(B)/core/%.o: src/core/%.c test/unit/unit.mk
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -c -o $@ $<

$(B)/%_test: test/unit/%_test.c $(CORE)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -o $@ $< $(CORE) -lsodium -lm

$(B)/oracle: test/oracle/compare.c $(CORE)
	@mkdir -p $(@D)
	$(CC) $(UNIT_CFLAGS) -o $@ $< $(CORE) -lsodium -lm

.DELETE_ON_ERROR:
.PHONY: all oracle
-include $(CORE:.o=.d) $(TESTS:=.d)
