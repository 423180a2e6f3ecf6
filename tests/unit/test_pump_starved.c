/* test_pump_starved.c - agent/link/pump.c whose threads get no processor until the main thread
 * wants something of them, as on a machine that has more to do than it can. */

#include <poll.h>

#include "tests/support/pump_kit.h"

static int starved; /* atomic */

/* A data thread waits for what wakes it first of all; until then it sees nothing else. */
int
poll(struct pollfd *fds, nfds_t n, int ms)
{
    struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
    int got;

    do
        got = ppoll(fds, n, ms < 0 ? NULL : &limit, NULL);
    while (got > 0 && g_atomic_int_get(&starved) && !(fds[0].revents & POLLIN));
    return got;
}

static void
test_what_came_before_its_sa_goes_is_taken(void **state)
{
    enum { N = 150 }; /* more than are read at a time */
    g_autoptr(EspSa) peer = kit_sa(&kit_suites[0], 'A');
    uint8_t room[KIT_ROOM];
    Endpoint from = endpoint("127.0.0.1:4500");
    End b;
    int fd;

    (void)state;
    end_init(&b, 'B', "127.0.0.1:0", NULL, -1);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &from);
    fd = raw_to(&b);
    g_atomic_int_set(&starved, 1);
    for (size_t i = 0; i < N; i++) {
        EspBuf p = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };

        p.len = (uint32_t)kit_ip(room + p.off, CLIENT4, SERVER4, 17, i);
        assert_int_equal(esp_sa_seal(peer, &p, 1), ESP_OK);
        say(fd, room + p.off, p.len);
    }
    pump_remove(b.pump, KIT_SPI_B);
    g_atomic_int_set(&starved, 0);
    say(fd, "\1\2\3\4 nobody's", 13);
    assert_drops(&b, 0, ESP_NO_SA, 1); /* it alone */
    for (size_t i = 0; i < N; i++)
        assert_get(&b, room, kit_ip(room, CLIENT4, SERVER4, 17, i));
    close(fd);
    end_clear(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_came_before_its_sa_goes_is_taken),
    };

    return pump_kit_run(tests, G_N_ELEMENTS(tests));
}
