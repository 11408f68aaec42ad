// Package sts tells callers who they are, as far as clients of Kinesis ask.
//
// This package's API may change.
package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leat-io/leat/api"
)

// Handlers returns the operations by name. They may be called concurrently.
func Handlers() map[string]api.Handler {
	return map[string]api.Handler{"GetCallerIdentity": api.Handle(GetCallerIdentity)}
}

// GetCallerIdentity names the caller's account, from which some clients build
// the ARNs of streams (spec clients §2.8), and a user after the access key.
func GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	caller := api.CallerOf(ctx)
	who, id := "root", caller.Account
	if caller.AccessKey != "" {
		who, id = "user/"+caller.AccessKey, caller.AccessKey
	}
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(caller.Account),
		Arn:     aws.String("arn:aws:iam::" + caller.Account + ":" + who),
		UserId:  aws.String(id),
	}, nil
}
