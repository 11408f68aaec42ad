package kinesisapi

// queueOperations are those of queues, which came to AWS in November 2026
// (spec queues §2). The AWS SDK this module is built with does not know them.
var queueOperations = map[string]bool{
	"CreateQueue":                            true,
	"UpdateQueue":                            true,
	"DeleteQueue":                            true,
	"DescribeQueue":                          true,
	"ListQueues":                             true,
	"ReceiveQueueRecords":                    true,
	"ReceiveDeadLetterQueueRecords":          true,
	"AcknowledgeQueueRecords":                true,
	"AcknowledgeDeadLetterQueueRecords":      true,
	"RestoreDeadLetterQueueRecords":          true,
	"UpdateQueueRecordsVisibility":           true,
	"UpdateDeadLetterQueueRecordsVisibility": true,
}
