/* http_server.h - a server on the loopback that answers every connection with the same octets. */
#pragma once

#include <gio/gio.h>
#include <string.h>

typedef struct HttpServer {
    GSocketService *service;
    GBytes *answer; /* NULL: never */
    guint16 port;
    GPtrArray *held; /* connections that get no answer */
    char seen[512];  /* the start of the last request */
    unsigned n;      /* requests */
} HttpServer;

static inline gboolean
http_server_incoming(GSocketService *service, GSocketConnection *c, GObject *source, gpointer user)
{
    HttpServer *s = user;
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(c));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(c));
    gssize n;

    (void)service;
    (void)source;
    n = g_input_stream_read(in, s->seen, sizeof(s->seen) - 1, NULL, NULL);
    s->seen[MAX(n, 0)] = 0;
    s->n++;
    if (s->answer)
        g_output_stream_write_all(out, g_bytes_get_data(s->answer, NULL),
                                  g_bytes_get_size(s->answer), NULL, NULL, NULL);
    else
        g_ptr_array_add(s->held, g_object_ref(c));
    return TRUE;
}

/* @answer: taken, head and all; NULL: it never answers. */
static inline HttpServer *
http_server_new(GBytes *answer)
{
    HttpServer *s = g_new0(HttpServer, 1);

    s->answer = answer;
    s->held = g_ptr_array_new_with_free_func(g_object_unref);
    s->service = g_socket_service_new();
    s->port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(s->service), NULL, NULL);
    g_signal_connect(s->service, "incoming", G_CALLBACK(http_server_incoming), s);
    return s;
}

static inline HttpServer *
http_server_new_text(const char *answer)
{
    return http_server_new(g_bytes_new(answer, strlen(answer)));
}

/* What it answers from now on: a 200 with this body. */
static inline void
http_server_set_body(HttpServer *s, GBytes *body)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
    GByteArray *all = g_byte_array_new();

    g_byte_array_append(all, (const guint8 *)head, sizeof(head) - 1);
    g_byte_array_append(all, g_bytes_get_data(body, NULL), (guint)g_bytes_get_size(body));
    g_bytes_unref(s->answer);
    s->answer = g_byte_array_free_to_bytes(all);
}

static inline void
http_server_free(HttpServer *s)
{
    g_socket_service_stop(s->service);
    g_object_unref(s->service);
    g_ptr_array_unref(s->held);
    g_bytes_unref(s->answer);
    g_free(s);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_free)

static inline char *
http_server_url(const HttpServer *s)
{
    return g_strdup_printf("http://127.0.0.1:%u/", s->port);
}
