package api

import "context"

// KeyUse is what a service does with a master key of AWS KMS for its caller,
// who needs to be allowed that beside the call.
type KeyUse struct {
	Action    string // such as "kms:Decrypt"
	KeyARN    string
	StreamARN string // whose records it is for, in AWS's encryption context
}

// KeyJudge returns the error to answer with where the caller must not use a key
// so.
type KeyJudge func(KeyUse) error

type keyJudgeKey struct{}

// WithKeyJudge returns a context that carries judge to the service.
func WithKeyJudge(ctx context.Context, judge KeyJudge) context.Context {
	return context.WithValue(ctx, keyJudgeKey{}, judge)
}

// KeyJudgeOf returns the judge that WithKeyJudge put into ctx, or nil: then the
// caller may use every key.
func KeyJudgeOf(ctx context.Context) KeyJudge {
	judge, _ := ctx.Value(keyJudgeKey{}).(KeyJudge)
	return judge
}
