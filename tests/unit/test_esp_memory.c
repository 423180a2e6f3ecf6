/* test_esp_memory.c - what the ESP SAs of a standing session take; a gateway has thousands. */
#include "agent/esp/esp_sa.h"
#include "tests/support/heap.h"
#include "tests/support/test.h"

enum {
    AEAD_MAX = 3584, /* octets, two contexts of OpenSSL's with it */
    SESSIONS = 200,
};

static EspSa *
make(uint32_t spi)
{
    static const uint8_t key[36] = { 1 };
    const Selector all = selector_all(ADDR_V4);

    return esp_sa_new(&(EspSaSetup){ .spi_in = spi,
                                     .spi_out = spi + 1,
                                     .suite = { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
                                     .key_in = { key, sizeof(key) },
                                     .key_out = { key, sizeof(key) },
                                     .local = &all,
                                     .n_local = 1,
                                     .remote = &all,
                                     .n_remote = 1 });
}

static void
test_the_esp_sas_of_a_session_are_small(void **state)
{
    EspSa *all[SESSIONS];
    size_t before, cost;

    (void)state;
    esp_sa_free(make(256)); /* what OpenSSL makes once */
    before = heap_used();
    for (size_t i = 0; i < SESSIONS; i++) {
        all[i] = make(256 + (uint32_t)i);
        assert_non_null(all[i]);
    }
    cost = (heap_used() - before) / SESSIONS;
    for (size_t i = 0; i < SESSIONS; i++)
        esp_sa_free(all[i]);
    print_message("%zu octets\n", cost);
    assert_in_range(cost, 1, AEAD_MAX);
    assert_in_range(heap_used(), 1, before + AEAD_MAX); /* and all of it comes back */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_esp_sas_of_a_session_are_small),
    };

    return cmocka_run_group_tests_name("esp_memory", tests, NULL, NULL);
}
