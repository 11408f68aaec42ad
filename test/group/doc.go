// Package group is the test of the two libraries together: producers put
// numbered user records into a stream that is split, merged and scaled, workers
// that are processes of their own share it through a lease table, and workers
// and the server are stopped, killed and started anew. What the workers were
// given is held against what the package comments of producer and consumer
// promise.
//
//	go test ./test/group                            a few seconds
//	LEAT_GROUP_RECORDS=2000000 LEAT_GROUP_KILLS=10  the full size, as in make group
//	LEAT_GROUP_SEED=…                               the history of a failure
package group
