// Package sts tells callers who they are, and gives them keys of roles, as far as
// clients of Kinesis ask.
//
// This package's API may change.
package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
)

// Options say what a Service works with.
type Options struct {
	// Clock tells the time; nil is the machine's.
	Clock clock.Clock
	// Verified says that signatures are verified, so that keys have to be known.
	Verified bool
}

// Service carries out operations of STS. All its methods may be called
// concurrently.
type Service struct {
	clock    clock.Clock
	verified bool
}

// New returns a service.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	return &Service{o.Clock, o.Verified}
}

// Handlers returns the operations by name.
func (s *Service) Handlers() map[string]api.Handler {
	return map[string]api.Handler{
		"AssumeRole":        api.Handle(s.AssumeRole),
		"GetCallerIdentity": api.Handle(s.GetCallerIdentity),
	}
}

// GetCallerIdentity names the caller, and the account, from which some clients
// build the ARNs of streams (spec clients §2.8).
func (s *Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	caller := api.CallerOf(ctx)
	id := caller.Account
	if caller.AccessKey != "" {
		id = caller.AccessKey
	}
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(caller.Account),
		Arn:     aws.String(userOf(caller)),
		UserId:  aws.String(id),
	}, nil
}

// userOf returns the ARN that the credentials file gives the caller, or where
// there is none that of a user named after the access key.
func userOf(caller api.Caller) string {
	switch {
	case caller.ARN != "":
		return caller.ARN
	case caller.AccessKey != "":
		return "arn:aws:iam::" + caller.Account + ":user/" + caller.AccessKey
	}
	return "arn:aws:iam::" + caller.Account + ":root"
}
