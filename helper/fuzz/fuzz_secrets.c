// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as ipsec.secrets(5): keys or one line that says why not. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), err[256] = "";
	struct conf_id local, remote;
	struct conf_secret *list;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\n';
	if (conf_secrets_text(text, size + 1, false, &list, err, sizeof(err)) &&
	    strncmp(err, "secrets:", 8))
		abort();
	for (const struct conf_secret *s = list; s; s = s->next)
		if (!s->len || !s->key || (s->kind != CONF_SECRET_PSK && !s->name))
			abort();
	conf_id_parse("@a", &local);
	conf_id_parse("@b", &remote);
	conf_secret_find(list, &local, &remote);
	conf_secrets_free(list);
	free(text);
	return 0;
}
