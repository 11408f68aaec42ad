package sts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/leat-io/leat/api"
	"github.com/leat-io/leat/internal/clock"
)

var now = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

// still is a clock that stands.
type still struct{ clock.System }

func (still) Now() time.Time { return now }

func caller() context.Context {
	return api.WithCaller(context.Background(), api.Caller{Account: "111111111111", Region: "us-east-1", AccessKey: "KEY"})
}

func input() *sts.AssumeRoleInput {
	return &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::222222222222:role/path/to/reader"), RoleSessionName: aws.String("job-7")}
}

func TestAssumeRole(t *testing.T) {
	s := New(Options{Clock: still{}})
	out, err := s.AssumeRole(caller(), input())
	if err != nil {
		t.Fatal(err)
	}
	c, u := out.Credentials, out.AssumedRoleUser
	if *c.AccessKeyId != "222222222222" || *c.SecretAccessKey == "" || *c.SessionToken == "" || !c.Expiration.Equal(now.Add(time.Hour)) {
		t.Errorf("keys are %+v", c)
	}
	if *u.Arn != "arn:aws:sts::222222222222:assumed-role/reader/job-7" || !strings.HasSuffix(*u.AssumedRoleId, ":job-7") {
		t.Errorf("the user is %s, %s", *u.Arn, *u.AssumedRoleId)
	}
	in := input()
	in.DurationSeconds = aws.Int32(900)
	if out, err = s.AssumeRole(caller(), in); err != nil || !out.Credentials.Expiration.Equal(now.Add(15*time.Minute)) {
		t.Errorf("for 15 minutes: %v, %v", out, err)
	}
}

func TestAssumeRoleRefusals(t *testing.T) {
	s := New(Options{})
	refused := func(code string, change func(in *sts.AssumeRoleInput)) {
		t.Helper()
		in := input()
		change(in)
		_, err := s.AssumeRole(caller(), in)
		var e *api.Error
		if !errors.As(err, &e) || e.Code != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	const invalid = "ValidationError"
	refused(invalid, func(in *sts.AssumeRoleInput) { in.RoleArn = nil })
	refused(invalid, func(in *sts.AssumeRoleInput) { in.RoleSessionName = nil })
	refused(invalid, func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::222222222222:user/reader") })
	refused(invalid, func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::22222222222:role/reader") })
	refused(invalid, func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") })
	refused(invalid, func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) })
	refused(invalid, func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(43201) })
	s = New(Options{Verified: true})
	refused("AccessDenied", func(in *sts.AssumeRoleInput) {})
}
