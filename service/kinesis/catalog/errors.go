package catalog

import (
	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/kinesisapi"
)

// The answers that several operations give, in the words of spec data-streams
// §21.1.

// StreamNotFound is the answer about a stream that does not exist.
func StreamNotFound(account, name string) *api.Error {
	return api.Errorf(kinesisapi.ResourceNotFound, "Stream %s under account %s not found.", name, account)
}

// ShardNotFound is the control plane's answer about a shard that does not
// exist, or whose id cannot be one.
func ShardNotFound(account, name, shard string) *api.Error {
	return api.Errorf(kinesisapi.ResourceNotFound,
		"Could not find shard %s in stream %s under account %s.", shard, name, account)
}

// NotActive is the answer of operations that need another status.
func NotActive(x *Stream) *api.Error {
	return api.Errorf(kinesisapi.ResourceInUse,
		"Stream %s under account %s not ACTIVE, instead in state %s", x.Name, x.Account, x.Status)
}

// RateExceeded is the answer to what a stream's quota in calls forbids.
func RateExceeded(account, name string) *api.Error {
	return api.Errorf(kinesisapi.LimitExceeded, "Rate exceeded for stream %s under account %s.", name, account)
}

func onDemand(x *Stream) *api.Error {
	return api.Errorf(kinesisapi.Validation,
		"Request is invalid. Stream %s under account %s is in On-Demand mode.", x.Name, x.Account)
}
