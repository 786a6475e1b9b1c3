// SPDX-License-Identifier: GPL-2.0-or-later
/* The secret that outlives the process: made once, refused when others can read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "state/secret.h"

static char top[64], dir[80], file[120], err[512];
static uint8_t first[STATE_SECRET_LEN], second[STATE_SECRET_LEN];

static int setup(void **state)
{
	(void)state;
	strcpy(top, "/tmp/espintcp-test-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(dir, sizeof(dir), "%s/state", top);
	snprintf(file, sizeof(file), "%s/serve.qcd", dir);
	memset(first, 0, sizeof(first));
	return state_secret(dir, "serve.qcd", first, err, sizeof(err));
}

static int teardown(void **state)
{
	(void)state;
	unlink(file);
	rmdir(dir);
	return rmdir(top);	/* fails if anything was left in it */
}

static int again(void)
{
	return state_secret(dir, "serve.qcd", second, err, sizeof(err));
}

static void made_once(void **state)
{
	static const uint8_t none[STATE_SECRET_LEN];
	struct stat st;

	(void)state;
	assert_memory_not_equal(first, none, sizeof(first));
	assert_int_equal(again(), 0);
	assert_memory_equal(first, second, sizeof(first));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void another_for_another_name(void **state)
{
	char other[120];

	(void)state;
	assert_int_equal(state_secret(dir, "other", second, err, sizeof(err)), 0);
	assert_memory_not_equal(first, second, sizeof(first));
	snprintf(other, sizeof(other), "%s/other", dir);
	unlink(other);
}

static void open_file_is_refused(void **state)
{
	(void)state;
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(chmod(file, 0600 | bit), 0);
		assert_int_equal(again(), -1);
		assert_non_null(strstr(err, "others can read it"));
	}
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(again(), 0);
}

static void odd_files_are_refused(void **state)
{
	(void)state;
	assert_int_equal(truncate(file, STATE_SECRET_LEN - 1), 0);
	assert_int_equal(again(), -1);
	assert_int_equal(truncate(file, STATE_SECRET_LEN + 1), 0);
	assert_int_equal(again(), -1);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/dev/zero", file), 0);
	assert_int_equal(again(), -1);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(again(), -1);
	assert_non_null(strstr(err, "a file of ours"));
}

static void open_directory_is_refused(void **state)
{
	(void)state;
	assert_int_equal(chmod(dir, 0720), 0);
	assert_int_equal(again(), -1);
	assert_int_equal(chmod(dir, 0702), 0);
	assert_int_equal(again(), -1);
	assert_int_equal(chmod(dir, 0700), 0);
	assert_int_equal(state_secret("/nowhere/at/all", "x", second, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "--state-dir"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(made_once, setup, teardown),
		cmocka_unit_test_setup_teardown(another_for_another_name, setup, teardown),
		cmocka_unit_test_setup_teardown(open_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_files_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(open_directory_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
