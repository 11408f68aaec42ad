package kinesis

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leat-io/leat/service/kinesis/catalog"
)

// commitmentShape shows a commitment as it is at the time.
func commitmentShape(c catalog.Commitment, nowMillis int64) *types.MinimumThroughputBillingCommitmentOutput {
	out := &types.MinimumThroughputBillingCommitmentOutput{
		Status: types.MinimumThroughputBillingCommitmentOutputStatusDisabled,
	}
	if c.StartedMillis == 0 {
		return out
	}
	out.StartedAt = aws.Time(time.UnixMilli(c.StartedMillis))
	switch {
	case !c.Enabled(nowMillis):
		out.EndedAt = aws.Time(time.UnixMilli(c.EndsMillis))
		return out
	case c.EndsMillis == 0:
		out.Status = types.MinimumThroughputBillingCommitmentOutputStatusEnabled
	default:
		out.Status = types.MinimumThroughputBillingCommitmentOutputStatusEnabledUntilEarliestAllowedEnd
	}
	out.EarliestAllowedEndAt = aws.Time(time.UnixMilli(c.EarliestEndMillis()))
	return out
}
