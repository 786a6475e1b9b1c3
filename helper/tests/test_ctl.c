// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket: requests, answers, left-over files, who may have it. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ctl/ctl.h"
#include "ctl/path.h"
#include "info/info.h"
#include "macros.h"

static char dir[64];
static struct loop *loop;
static struct ctl *ctl;
static struct ctl_client *waiting;
static char asked_for[CTL_NAME_MAX + 1];
static struct loop_timer answer_timer;

static void answer(void *arg)
{
	(void)arg;
	ctl_answer(waiting, strcmp(asked_for, "up") ? "it is not up" : NULL);
	loop_stop(loop);
}

/* The answer comes later, as for a connection that has to be deleted first */
static void on_down(void *arg, const char *conn, struct ctl_client *client)
{
	(void)arg;
	waiting = client;
	snprintf(asked_for, sizeof(asked_for), "%s", conn);
	if (!strcmp(conn, "close"))
		loop_stop(loop);
	else
		loop_timer_set(loop, &answer_timer, 5, answer, NULL);
}

static char asked_host[256];

static void on_redirect(void *arg, const char *conn, const char *host, struct ctl_client *client)
{
	snprintf(asked_host, sizeof(asked_host), "%s", host);
	on_down(arg, conn, client);
}

static bool long_status;

static void on_status(void *arg, FILE *to)
{
	(void)arg;
	/* More than any buffer of a socket holds */
	for (int i = 0; i < (long_status ? 500000 : 1); i++)
		fprintf(to, "line %d\n", i);
	loop_stop(loop);
}

static const struct ctl_user user = {
	.down = on_down, .redirect = on_redirect, .status = on_status,
};

static int setup(void **state)
{
	char err[256];

	(void)state;
	strcpy(dir, "/tmp/espintcp-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	loop = loop_new();
	ctl = loop ? ctl_open(loop, dir, "up.t", &user, err, sizeof(err)) : NULL;
	return ctl ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ctl_close(ctl, NULL);
	ctl = NULL;
	loop_free(loop);
	return rmdir(dir);	/* fails if a file was left in it */
}

struct request {
	const char *conn, *host;	/* to go to; NULL: down */
	int rc;
	char err[256];
};

static void *ask(void *arg)
{
	struct request *r = arg;

	if (r->host)
		r->rc = ctl_redirect(dir, "up.t", r->conn, r->host, 10000, r->err, sizeof(r->err));
	else
		r->rc = ctl_down(dir, "up.t", r->conn, 10000, r->err, sizeof(r->err));
	return NULL;
}

static void request(struct request *r, const char *conn, const char *close_error)
{
	pthread_t thread;

	r->conn = conn;
	assert_int_equal(pthread_create(&thread, NULL, ask, r), 0);
	assert_int_equal(loop_run(loop), 0);
	if (!strcmp(conn, "close")) {
		ctl_close(ctl, close_error);
		ctl = NULL;
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void answers(void **state)
{
	struct request r = { 0 };

	(void)state;
	request(&r, "up", NULL);
	assert_int_equal(r.rc, 0);
	assert_string_equal(asked_for, "up");
	r.host = "gw.example.org";
	request(&r, "up", NULL);
	assert_int_equal(r.rc, 0);
	assert_string_equal(asked_host, "gw.example.org");
	r.host = NULL;
	request(&r, "other", NULL);
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.err, "it is not up");
}

static void close_answers(void **state)
{
	struct request r = { 0 };

	(void)state;
	request(&r, "close", NULL);
	assert_int_equal(r.rc, 0);
}

static void close_answers_with_an_error(void **state)
{
	struct request r = { 0 };

	(void)state;
	request(&r, "close", "it ends");
	assert_int_equal(r.rc, 1);
	assert_string_equal(r.err, "it ends");
}

static void *ask_status(void *arg)
{
	char err[256], line[32] = "";
	FILE **from = arg;
	int n = 0;

	if (ctl_status(dir, "up.t", 10000, from, err, sizeof(err)))
		return NULL;
	while (fgets(line, sizeof(line), *from))
		n++;
	return n == (long_status ? 500000 : 1) ? arg : NULL;
}

static void status_of_any_length(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		FILE *from = NULL;
		pthread_t thread;
		void *all;

		long_status = i;
		assert_int_equal(pthread_create(&thread, NULL, ask_status, &from), 0);
		assert_int_equal(loop_run(loop), 0);
		assert_int_equal(pthread_join(thread, &all), 0);
		assert_non_null(all);
		fclose(from);
	}
}

/* What a daemon writes is what `status` reads, whatever the peer calls itself */
static void tunnel_there_and_back(void **state)
{
	struct info_tunnel t = {
		.name = "office", .role = "up", .own_id = "@west", .peer_id = "CN=\"a b\"\n\x1b",
		.transport = "tcp", .esp = "tcp", .local = "192.0.2.1", .remote = "192.0.2.2",
		.local_port = 40000, .remote_port = 4500, .up_s = 7384, .rekey_s = -1,
		.bytes_in = UINT64_MAX, .bytes_out = 999, .changed_s = 59, .change = "a reset",
	}, got;
	char text[4096];
	FILE *f = fmemopen(text, sizeof(text), "w+");

	(void)state;
	info_write(f, &t);
	info_write(f, &t);
	rewind(f);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(info_read(f, &got), 1);
		assert_string_equal(got.peer_id, "CN=\"a b\"??");
		strcpy(got.peer_id, t.peer_id);
		assert_memory_equal(&got, &t, sizeof(t));
	}
	assert_int_equal(info_read(f, &got), 0);
	fclose(f);

	f = fmemopen(text, sizeof(text), "w");
	t.peer_id[2] = '\0';
	info_print_text(f, &t);
	info_print_json(f, &t);
	fclose(f);
	assert_string_equal(text,
			    "office (up): @west with CN\n"
			    "  TCP 192.0.2.1:40000 -> 192.0.2.2:4500, ESP in TCP, since 2 h 3 min\n"
			    "  in 18 EB, out 999 B, no rekeying\n"
			    "  last change 59 s ago: a reset\n"
			    "{\"name\":\"office\",\"role\":\"up\",\"id\":\"@west\",\"peer\":\"CN\","
			    "\"transport\":\"tcp\",\"esp\":\"tcp\",\"local\":\"192.0.2.1\",\"lport\":40000,"
			    "\"remote\":\"192.0.2.2\",\"rport\":4500,\"up\":7384,\"rekey\":null,"
			    "\"bytes_in\":18446744073709551615,\"bytes_out\":999,\"changed\":59,"
			    "\"change\":\"a reset\"}");
}

static void another_version_is_not_read(void **state)
{
	static const char *const texts[] = {
		"name a\n\n", "name\n", "role up\n", "name a\nrole 123456789\n", "\n", "name a",
	};
	struct info_tunnel t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		FILE *f = fmemopen((void *)texts[i], strlen(texts[i]), "r");

		assert_int_equal(info_read(f, &t), -1);
		fclose(f);
	}
}

static void nobody_there(void **state)
{
	char err[256];

	(void)state;
	assert_int_equal(ctl_down(dir, "up.x", "x", 1000, err, sizeof(err)), 1);
	assert_int_equal(ctl_down("/nowhere", "up.x", "x", 1000, err, sizeof(err)), 1);
}

static void second_is_refused(void **state)
{
	char err[256];

	(void)state;
	assert_null(ctl_open(loop, dir, "up.t", &user, err, sizeof(err)));
	assert_non_null(strstr(err, "already running"));
}

static void left_over_file_is_replaced(void **state)
{
	struct sockaddr_un sa;
	struct ctl *other;
	char err[256];
	int fd;

	(void)state;
	assert_int_equal(ctl_path(&sa, dir, "up.old"), 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	other = ctl_open(loop, dir, "up.old", &user, err, sizeof(err));
	assert_non_null(other);
	ctl_close(other, NULL);
}

static void open_directory_is_refused(void **state)
{
	char err[256];

	(void)state;
	assert_int_equal(chmod(dir, 0755), 0);
	assert_null(ctl_open(loop, dir, "up.u", &user, err, sizeof(err)));
	assert_non_null(strstr(err, "0700"));
}

static void names(void **state)
{
	char longest[CTL_NAME_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[CTL_NAME_MAX + 1] = '\0';
	assert_false(ctl_name_ok(longest));
	assert_true(ctl_name_ok(longest + 1));
	assert_true(ctl_name_ok("road-warrior_1.2"));
	assert_false(ctl_name_ok(""));
	assert_false(ctl_name_ok(".."));
	assert_false(ctl_name_ok("a/b"));
	assert_false(ctl_name_ok("a b"));
	assert_false(ctl_name_ok("a\n"));
}

/* A client that says nothing, or nonsense, keeps nobody else from asking */
static void nonsense_is_survived(void **state)
{
	static const char *const texts[] = { "", "down ../x", "up t", "\1\2\3", "down a b",
					     "redirect a b c" };
	struct sockaddr_un sa;
	struct request r = { 0 };
	int fds[ARRAY_SIZE(texts) + 1];

	(void)state;
	assert_int_equal(ctl_path(&sa, dir, "up.t"), 0);
	/* Of eight at once, one has to be free */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&sa, sizeof(sa)), 0);
		if (i < ARRAY_SIZE(texts))
			assert_int_equal(send(fds[i], texts[i], strlen(texts[i]), 0),
					 strlen(texts[i]));
	}
	request(&r, "up", NULL);
	assert_int_equal(r.rc, 0);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/* A process that is busy is a process; it is not waited for */
static void a_full_queue_is_somebody(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fds[64], n;

	(void)state;
	assert_true(ctl_listens(dir, "up.t"));
	assert_false(ctl_listens(dir, "up.other"));
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/up.t", dir);
	for (n = 0; n < (int)ARRAY_SIZE(fds); n++) {
		fds[n] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
		assert_true(fds[n] >= 0);
		if (connect(fds[n], (struct sockaddr *)&sa, sizeof(sa)))
			break;
	}
	assert_int_equal(errno, EAGAIN);
	assert_true(ctl_listens(dir, "up.t"));
	for (; n >= 0; n--)
		close(fds[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(close_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(close_answers_with_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_there, setup, teardown),
		cmocka_unit_test_setup_teardown(second_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(left_over_file_is_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(open_directory_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(status_of_any_length, setup, teardown),
		cmocka_unit_test(tunnel_there_and_back),
		cmocka_unit_test(another_version_is_not_read),
		cmocka_unit_test(names),
		cmocka_unit_test_setup_teardown(nonsense_is_survived, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_queue_is_somebody, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
