/* test_sock_addr.c - agent/link/sock_addr.c */

#include <arpa/inet.h>
#include <netinet/in.h>

#include "agent/link/sock_addr.h"
#include "tests/support/test.h"

static Endpoint
endpoint(const char *text)
{
    Endpoint e;

    assert_true(endpoint_parse(text, &e));
    return e;
}

static void
test_the_kernel_reads_what_we_write(void **state)
{
    static const struct {
        const char *text, *addr;
        int family;
        uint16_t port;
        socklen_t len;
    } rows[] = {
        { "192.0.2.1:4500", "192.0.2.1", AF_INET, 4500, sizeof(struct sockaddr_in) },
        { "0.0.0.0:0", "0.0.0.0", AF_INET, 0, sizeof(struct sockaddr_in) },
        { "[2001:db8::1]:65535", "2001:db8::1", AF_INET6, 65535, sizeof(struct sockaddr_in6) },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Endpoint e = endpoint(rows[i].text), back;
        SockAddr s = sock_addr_of(&e);
        char addr[INET6_ADDRSTRLEN], port[8], expect[8];

        assert_int_equal(s.len, rows[i].len);
        assert_int_equal(s.storage.ss_family, rows[i].family);
        if (rows[i].family == AF_INET) {
            const struct sockaddr_in *v4 = (const void *)&s.storage;

            inet_ntop(AF_INET, &v4->sin_addr, addr, sizeof(addr));
            g_snprintf(port, sizeof(port), "%u", ntohs(v4->sin_port));
        } else {
            const struct sockaddr_in6 *v6 = (const void *)&s.storage;

            inet_ntop(AF_INET6, &v6->sin6_addr, addr, sizeof(addr));
            g_snprintf(port, sizeof(port), "%u", ntohs(v6->sin6_port));
        }
        g_snprintf(expect, sizeof(expect), "%u", rows[i].port);
        assert_string_equal(addr, rows[i].addr);
        assert_string_equal(port, expect);
        assert_true(sock_addr_to_endpoint(&s.storage, &back));
        assert_true(endpoint_equal(&e, &back));
    }
}

static void
test_no_address_is_no_socket_address(void **state)
{
    struct sockaddr_storage local = { .ss_family = AF_UNIX };
    Endpoint none = { .port = 7 }, ret = { .port = 9 };

    (void)state;
    assert_int_equal(sock_addr_of(&none).len, 0);
    assert_false(sock_addr_to_endpoint(&local, &ret));
    assert_int_equal(ret.port, 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_kernel_reads_what_we_write),
        cmocka_unit_test(test_no_address_is_no_socket_address),
    };

    return cmocka_run_group_tests_name("sock_addr", tests, NULL, NULL);
}
