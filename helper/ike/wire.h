/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of IKEv2 on the wire (RFC 7296, section 3), and big-endian access. */
#ifndef ESPINTCP_IKE_WIRE_H
#define ESPINTCP_IKE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define IKE_HDR_LEN		28
#define IKE_SPI_LEN		8
#define IKE_VERSION		0x20
/* A TCP message without length field and marker (RFC 9329, section 3.1) */
#define IKE_MSG_MAX		(65535 - 2 - 4)

#define IKE_FLAGS_AT	19
enum { IKE_FLAG_INITIATOR = 0x08, IKE_FLAG_RESPONSE = 0x20 };

enum ike_exchange {
	IKE_SA_INIT = 34,
	IKE_AUTH = 35,
	IKE_CREATE_CHILD_SA = 36,
	IKE_INFORMATIONAL = 37,
	IKE_INTERMEDIATE = 43,		/* RFC 9242 */
	IKE_FOLLOWUP_KE = 44,		/* RFC 9370 */
};

enum ike_payload_type {
	IKE_PL_NONE = 0,
	IKE_PL_SA = 33,
	IKE_PL_KE = 34,
	IKE_PL_IDI = 35,
	IKE_PL_IDR = 36,
	IKE_PL_CERT = 37,
	IKE_PL_CERTREQ = 38,
	IKE_PL_AUTH = 39,
	IKE_PL_NONCE = 40,
	IKE_PL_NOTIFY = 41,
	IKE_PL_DELETE = 42,
	IKE_PL_VENDOR = 43,
	IKE_PL_TSI = 44,
	IKE_PL_TSR = 45,
	IKE_PL_SK = 46,
	IKE_PL_CP = 47,
	IKE_PL_EAP = 48,
	IKE_PL_SKF = 53,		/* Encrypted Fragment (RFC 7383) */
	IKE_PL_PS = 54,			/* Puzzle Solution (RFC 8019) */
};

enum ike_protocol { IKE_PROTO_NONE = 0, IKE_PROTO_IKE = 1, IKE_PROTO_ESP = 3 };

enum ike_transform_type {
	IKE_TT_ENCR = 1,
	IKE_TT_PRF = 2,
	IKE_TT_INTEG = 3,
	IKE_TT_DH = 4,
	IKE_TT_ESN = 5,
	IKE_TT_ADDKE1 = 6,		/* to 12: ADDKE7 (RFC 9370) */
};

enum ike_notify_type {
	IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	IKE_N_INVALID_IKE_SPI = 4,
	IKE_N_INVALID_MAJOR_VERSION = 5,
	IKE_N_INVALID_SYNTAX = 7,
	IKE_N_INVALID_MESSAGE_ID = 9,
	IKE_N_INVALID_SPI = 11,
	IKE_N_NO_PROPOSAL_CHOSEN = 14,
	IKE_N_INVALID_KE_PAYLOAD = 17,
	IKE_N_AUTHENTICATION_FAILED = 24,
	IKE_N_SINGLE_PAIR_REQUIRED = 34,
	IKE_N_NO_ADDITIONAL_SAS = 35,
	IKE_N_INTERNAL_ADDRESS_FAILURE = 36,
	IKE_N_FAILED_CP_REQUIRED = 37,
	IKE_N_TS_UNACCEPTABLE = 38,
	IKE_N_INVALID_SELECTORS = 39,
	IKE_N_UNACCEPTABLE_ADDRESSES = 40,	/* RFC 4555, as those from 16396 to 16402 */
	IKE_N_UNEXPECTED_NAT_DETECTED = 41,
	IKE_N_TEMPORARY_FAILURE = 43,
	IKE_N_CHILD_SA_NOT_FOUND = 44,
	IKE_N_STATE_NOT_FOUND = 47,		/* RFC 9370 */
	IKE_N_ERROR_MAX = 16383,	/* above: status */
	IKE_N_INITIAL_CONTACT = 16384,
	IKE_N_NAT_DETECTION_SOURCE_IP = 16388,
	IKE_N_NAT_DETECTION_DESTINATION_IP = 16389,
	IKE_N_COOKIE = 16390,
	IKE_N_USE_TRANSPORT_MODE = 16391,
	IKE_N_REKEY_SA = 16393,
	IKE_N_MOBIKE_SUPPORTED = 16396,
	IKE_N_UPDATE_SA_ADDRESSES = 16400,
	IKE_N_COOKIE2 = 16401,
	IKE_N_NO_NATS_ALLOWED = 16402,
	IKE_N_REDIRECT_SUPPORTED = 16406,	/* RFC 5685, as the next two */
	IKE_N_REDIRECT = 16407,
	IKE_N_REDIRECTED_FROM = 16408,
	IKE_N_QCD_TOKEN = 16419,
	IKE_N_FRAGMENTATION_SUPPORTED = 16430,
	IKE_N_SIGNATURE_HASH_ALGORITHMS = 16431,
	IKE_N_PUZZLE = 16434,			/* RFC 8019 */
	IKE_N_USE_PPK = 16435,
	IKE_N_PPK_IDENTITY = 16436,
	IKE_N_NO_PPK_AUTH = 16437,
	IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED = 16438,
	IKE_N_ADDITIONAL_KEY_EXCHANGE = 16441,
};

enum ike_auth_method {
	IKE_AUTH_RSA = 1,
	IKE_AUTH_SHARED_KEY = 2,	/* Shared Key Message Integrity Code */
	IKE_AUTH_ECDSA_256 = 9,		/* RFC 4754 */
	IKE_AUTH_ECDSA_384 = 10,
	IKE_AUTH_ECDSA_521 = 11,
	IKE_AUTH_DIGITAL_SIGNATURE = 14,	/* RFC 7427 */
};

#define IKE_NONCE_MIN		16
#define IKE_NONCE_MAX		256
#define IKE_COOKIE_MAX		64

/* Some bytes of somebody else's buffer */
struct ike_bytes {
	const uint8_t *p;
	size_t len;
};

static inline uint16_t ike_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t ike_get32(const uint8_t *p)
{
	return (uint32_t)ike_get16(p) << 16 | ike_get16(p + 2);
}

static inline void ike_put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline void ike_put32(uint8_t *p, uint32_t v)
{
	ike_put16(p, v >> 16);
	ike_put16(p + 2, v & 0xffff);
}

#endif
