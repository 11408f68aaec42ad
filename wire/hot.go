package wire

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
	"github.com/leat-io/leat/wire/awsjson"
)

// isHot reports whether a RecordService serves the operation.
func isHot(operation string) bool {
	return operation == "PutRecords" || operation == "PutRecord" || operation == "GetRecords"
}

// hotCall is the decoded body of an operation that moves records.
type hotCall struct{}

func (c *call) decodeHot() bool { return false }

func (c *call) release() {}

// answerHot runs a hot operation.
func (h *handler) answerHot(ctx context.Context, w http.ResponseWriter, c *call) error {
	switch c.operation.Name {
	case "GetRecords":
		return h.getRecords(ctx, w, c)
	case "PutRecord":
		var in kinesis.PutRecordInput
		if err := api.Decode(c.value, &in, c.operation); err != nil {
			return err
		}
		var b kinesisapi.PutBatch
		fromPutRecord(&b, &in)
		if err := c.service.Records.PutBatch(ctx, &b); err != nil {
			return err
		}
		send(w, http.StatusOK, contentJSON, awsjson.AppendPutRecordOutput(nil, &b))
		return nil
	}
	var in kinesis.PutRecordsInput
	if err := api.Decode(c.value, &in, c.operation); err != nil {
		return err
	}
	var b kinesisapi.PutBatch
	fromPutRecords(&b, &in)
	if err := c.service.Records.PutBatch(ctx, &b); err != nil {
		return err
	}
	send(w, http.StatusOK, contentJSON, awsjson.AppendPutRecordsOutput(nil, &b))
	return nil
}

func (h *handler) getRecords(ctx context.Context, w http.ResponseWriter, c *call) error {
	var in kinesis.GetRecordsInput
	if err := api.Decode(c.value, &in, c.operation); err != nil {
		return err
	}
	var p kinesisapi.Page
	if err := c.service.Records.GetPage(ctx, &in, &p); err != nil {
		return err
	}
	send(w, http.StatusOK, contentJSON, awsjson.AppendPage(nil, &p))
	return nil
}
