package kinesis

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// TestCommitmentAllowsConsumers has 20 consumers of a stream without an
// account's commitment, and 50 with it.
func TestCommitmentAllowsConsumers(t *testing.T) {
	r := newRig(t, 1, rigOptions{limits: LimitsAWS})
	registered := 0
	register := func() error {
		r.clock.Advance(time.Second) // for the call rates
		_, err := r.RegisterStreamConsumer(r.ctx, &kinesis.RegisterStreamConsumerInput{
			StreamARN: aws.String(testARN), ConsumerName: aws.String(fmt.Sprint("c", registered))})
		if err == nil {
			registered++
		}
		return err
	}
	refusedAfter := func(want int) {
		t.Helper()
		var err error
		for err == nil {
			err = register()
		}
		wantError(t, err, fmt.Sprintf(
			"LimitExceededException: Stream orders under account 000000000000 has %d consumers. Limit: %d", want, want))
	}
	refusedAfter(streamConsumers)
	_, err := r.UpdateAccountSettings(r.ctx, &kinesis.UpdateAccountSettingsInput{
		MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{
			Status: types.MinimumThroughputBillingCommitmentInputStatusEnabled}})
	ok(t, err)
	refusedAfter(committedConsumers)
}
