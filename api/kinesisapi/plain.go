package kinesisapi

import (
	"bytes"
	"unicode/utf8"
)

// The plain forms are what the hot codecs check in the place of the table. Each
// is as the table demands or narrower: what has one of them needs no look at
// the table, what has not is for the generic decoder to judge.

// The digits of the model's HashKey and SequenceNumber.
const (
	HashKeyDigits        = 39
	SequenceNumberDigits = 129
)

// PlainName reports whether text is the name of a stream.
func PlainName(text []byte) bool {
	if len(text) == 0 || len(text) > MaxNameLength {
		return false
	}
	for _, c := range text {
		if !isAlnum(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// PlainStreamARN reports whether text is an ARN of the usual form, which is
// narrower than the model's pattern:
// arn:aws…:kinesis:<region>:<12 digits>:stream/<name>.
func PlainStreamARN(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("arn:aws"))
	if !ok {
		return false
	}
	var part [3][]byte // rest of the partition, region, account
	for i, after := range []string{":kinesis:", ":", ":stream/"} {
		if part[i], rest, ok = bytes.Cut(rest, []byte(after)); !ok {
			return false
		}
	}
	for _, p := range part[:2] {
		for _, c := range p {
			if !isAlnum(c) && c != '-' {
				return false
			}
		}
	}
	for _, c := range part[2] {
		if !isDigit(c) {
			return false
		}
	}
	return len(part[2]) == 12 && PlainName(rest)
}

// PlainPartitionKey reports whether text, which is UTF-8, is a partition key.
func PlainPartitionKey(text []byte) bool {
	const most = MaxPartitionKeyLength
	return len(text) > 0 && (len(text) <= most || len(text) <= most*utf8.UTFMax && utf8.RuneCount(text) <= most)
}

// PlainDecimal reports whether text is a number of at most so many digits with
// no leading zeros.
func PlainDecimal(text []byte, digits int) bool {
	if len(text) == 0 || len(text) > digits || text[0] == '0' && len(text) > 1 {
		return false
	}
	for _, c := range text {
		if !isDigit(c) {
			return false
		}
	}
	return true
}
