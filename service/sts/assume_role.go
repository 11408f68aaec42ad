package sts

import (
	"context"
	"crypto/rand"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/api/stsapi"
)

const (
	defaultSeconds = 3600
	minSeconds     = 900
	maxSeconds     = 43200
)

var (
	roleARN     = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/([!-~]+/)?([\w+=,.@-]{1,64})$`)
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
)

// AssumeRole returns temporary keys of the role's account. There are no roles
// here: where any signature is accepted any role is assumed, and the access key
// is the account's number, for that is what names the account then. The keys go
// on working when they have expired.
//
// Where signatures are verified it is AccessDenied: a key that nobody has written
// into the credentials file would have to be allowed something.
func (s *Service) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	arn, session := aws.ToString(in.RoleArn), aws.ToString(in.RoleSessionName)
	role := roleARN.FindStringSubmatch(arn)
	seconds := int32(defaultSeconds)
	if in.DurationSeconds != nil {
		seconds = *in.DurationSeconds
	}
	switch {
	case in.RoleArn == nil || in.RoleSessionName == nil:
		return nil, api.Errorf(stsapi.Validation, "The parameters RoleArn and RoleSessionName are required.")
	case role == nil:
		return nil, api.Errorf(stsapi.Validation, "%s is invalid", arn)
	case !sessionName.MatchString(session):
		return nil, api.Errorf(stsapi.Validation, "The value of RoleSessionName must match [\\w+=,.@-]*, with 2 to 64 characters.")
	case seconds < minSeconds || seconds > maxSeconds:
		return nil, api.Errorf(stsapi.Validation, "The value of DurationSeconds must be between %d and %d.", minSeconds, maxSeconds)
	case s.verified:
		return nil, api.Errorf(stsapi.AccessDenied,
			"User: %s is not authorized to perform: sts:AssumeRole on resource: %s because this server has no roles: its credentials file names all keys that may call",
			userOf(api.CallerOf(ctx)), arn)
	}
	account, name, id := role[1], role[3], "AROA"+rand.Text()[:16]
	return &sts.AssumeRoleOutput{
		Credentials: &types.Credentials{
			AccessKeyId:     aws.String(account),
			SecretAccessKey: aws.String(rand.Text()),
			SessionToken:    aws.String(rand.Text()),
			Expiration:      aws.Time(s.clock.Now().UTC().Add(time.Duration(seconds) * time.Second).Truncate(time.Second)),
		},
		AssumedRoleUser: &types.AssumedRoleUser{
			Arn:           aws.String("arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session),
			AssumedRoleId: aws.String(id + ":" + session),
		},
		SourceIdentity: in.SourceIdentity,
	}, nil
}
