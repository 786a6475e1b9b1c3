// SPDX-License-Identifier: GPL-2.0-or-later
/* Levels of what a process says, and how the journal gets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "log.h"

static int real_stderr, file;

static int setup(void **state)
{
	(void)state;
	real_stderr = dup(STDERR_FILENO);
	file = memfd_create("stderr", 0);
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	return dup2(file, STDERR_FILENO) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_set_level(LOG_LEVEL_INFO);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(file);
	return 0;
}

/* All that was said */
static const char *said(void)
{
	static char text[8192];
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void say_all(void)
{
	log_line(LOG_LEVEL_ERROR, "an %s", "error");
	log_line(LOG_LEVEL_WARNING, "a warning");
	log_line(LOG_LEVEL_INFO, "an info");
	log_line(LOG_LEVEL_DEBUG, "a debug");
}

static void set_stream(long long add, const char *rest)
{
	struct stat st;
	char text[80];

	fstat(STDERR_FILENO, &st);
	snprintf(text, sizeof(text), "%llu:%llu%s", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + add, rest);
	setenv("JOURNAL_STREAM", text, 1);
}

static void levels_are_kept_apart(void **state)
{
	static const char *const expected[] = {
		"an error\n", "an error\na warning\n", "an error\na warning\nan info\n",
		"an error\na warning\nan info\na debug\n",
	};
	static const char *const names[] = { "error", "warning", "info", "debug" };
	enum log_level level;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(ftruncate(file, 0), 0);
		lseek(file, 0, SEEK_SET);
		assert_true(log_level_parse(names[i], &level));
		log_set_level(level);
		say_all();
		assert_string_equal(said(), expected[i]);
	}
	assert_false(log_level_parse("loud", &level));
	assert_false(log_level_parse("", &level));
}

static void journal_gets_numbers(void **state)
{
	(void)state;
	set_stream(0, "");
	log_set_level(LOG_LEVEL_DEBUG);
	say_all();
	assert_string_equal(said(), "<3>an error\n<4>a warning\n<6>an info\n<7>a debug\n");
}

/* Inherited by a process whose stderr is another file, or no such variable at all */
static void others_do_not(void **state)
{
	(void)state;
	set_stream(1, "");
	log_line(LOG_LEVEL_INFO, "a");
	set_stream(0, "x");
	log_line(LOG_LEVEL_INFO, "b");
	setenv("JOURNAL_STREAM", "", 1);
	log_line(LOG_LEVEL_INFO, "c");
	assert_string_equal(said(), "a\nb\nc\n");
}

/* A peer whose name has a line in it does not write our log */
static void lines_stay_lines(void **state)
{
	char want[2100], line[3000];

	(void)state;
	log_line(LOG_LEVEL_INFO, "peer %s", "a\n<3>b\r\x1b[2J");
	assert_string_equal(said(), "peer a?<3>b??[2J\n");
	assert_int_equal(ftruncate(file, 0), 0);
	lseek(file, 0, SEEK_SET);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	log_line(LOG_LEVEL_INFO, "%s", line);
	snprintf(want, sizeof(want), "%.2047s\n", line);
	assert_string_equal(said(), want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(levels_are_kept_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(journal_gets_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(others_do_not, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_stay_lines, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
