/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of ipsec.conf(5). */
%code requires {
#include "conf/raw.h"
}

%{
#include <stdlib.h>

#include "conf/raw.h"
%}

%define api.pure full
%define api.prefix {conf_yy}
%define parse.error detailed
%param { void *scanner }
%parse-param { struct conf_reader *r }

%union {
	char *text;
}

%token <text> WORD "a word" STRAY "a word at the margin"
%token CONFIG "config" CONN "conn" INCLUDE "include" VERSION "version"
%token INDENT "indentation" NEWLINE "the end of the line" JUNK "a stray character or an open quote"
%token NO_MEMORY "the end of memory"
%destructor { free($$); } <text>

%code {
int conf_yylex(YYSTYPE *val, void *scanner);
static void conf_yyerror(void *scanner, struct conf_reader *r, const char *msg);

/* Take an action's outcome, free what it read, go on or give up */
#define DO(rc, ...)						\
	do {							\
		int rc_ = (rc);					\
		char *texts_[] = { __VA_ARGS__ };		\
								\
		for (size_t i_ = 0; i_ < sizeof(texts_) / sizeof(*texts_); i_++) \
			free(texts_[i_]);			\
		if (rc_)					\
			YYABORT;				\
	} while (0)

#define FAIL(...) conf_fail(r->err, r->file, r->line, __VA_ARGS__)
}

%%

lines:
	%empty
	| lines line
	;

line:
	CONFIG WORD NEWLINE	{ DO(conf_raw_section(r, CONF_SECTION_SETUP, $2), $2); }
	| CONN WORD NEWLINE	{ DO(conf_raw_section(r, CONF_SECTION_CONN, $2), $2); }
	| INCLUDE WORD NEWLINE	{ DO(conf_raw_include(r, $2), $2); }
	| VERSION WORD NEWLINE	{ free($2); /* means nothing since FreeS/WAN */ }
	| INDENT WORD '=' NEWLINE	{ DO(conf_raw_key(r, $2, ""), $2); }
	| INDENT WORD '=' WORD NEWLINE	{ DO(conf_raw_key(r, $2, $4), $2, $4); }
	| INDENT WORD '=' WORD WORD	{
		DO(FAIL("'%.64s' is one word too many; a value with blanks stands in double quotes",
			$5), $2, $4, $5);
	}
	| INDENT WORD WORD	{
		DO(FAIL("'%.64s' lacks its '='; indented lines are KEY=VALUE", $2), $2, $3);
	}
	| STRAY			{
		DO(FAIL("'%.64s' begins no section; sections are 'config setup' and 'conn NAME', their KEY=VALUE lines are indented",
			$1), $1);
	}
	;

%%

static void conf_yyerror(void *scanner, struct conf_reader *r, const char *msg)
{
	(void)scanner;
	conf_fail(r->err, r->file, r->line, "%s", msg);
}
