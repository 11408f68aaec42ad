// Package crash is the test that kills the server: SDK clients put records
// while the stream is resharded and the process is killed and restarted, and
// afterwards every acknowledged record must be where it was said to be.
//
//	go test ./test/crash                            a few seconds
//	LEAT_CRASH_RECORDS=1000000 LEAT_CRASH_KILLS=20  the full size, as in make kill
//	LEAT_CRASH_SEED=…                               the history of a failure
package crash
