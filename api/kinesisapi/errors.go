package kinesisapi

import "slices"

// The codes of spec data-streams §9.
const (
	AccessDenied                  = "AccessDeniedException"
	DryRunOperation               = "DryRunOperationException"
	ExpiredIterator               = "ExpiredIteratorException"
	ExpiredNextToken              = "ExpiredNextTokenException"
	InternalFailure               = "InternalFailureException"
	InvalidArgument               = "InvalidArgumentException"
	LimitExceeded                 = "LimitExceededException"
	ProvisionedThroughputExceeded = "ProvisionedThroughputExceededException"
	ResourceInUse                 = "ResourceInUseException"
	ResourceNotFound              = "ResourceNotFoundException"
	Validation                    = "ValidationException"
	KMSAccessDenied               = "KMSAccessDeniedException"
	KMSDisabled                   = "KMSDisabledException"
	KMSInvalidState               = "KMSInvalidStateException"
	KMSNotFound                   = "KMSNotFoundException"
	KMSOptInRequired              = "KMSOptInRequired" // without the others' suffix
	KMSThrottling                 = "KMSThrottlingException"
)

var kmsErrors = []string{KMSAccessDenied, KMSDisabled, KMSInvalidState, KMSNotFound, KMSOptInRequired, KMSThrottling}

// codes is a list of error codes.
func codes(list ...string) []string { return list }

// withKMS adds the errors of a stream's encryption key.
func withKMS(list ...string) []string { return slices.Concat(list, kmsErrors) }

// Sets that several operations share.
var (
	changeErrors  = codes(AccessDenied, InvalidArgument, LimitExceeded, ResourceInUse, ResourceNotFound)
	reshardErrors = append(slices.Clone(changeErrors), Validation)
	tagErrors     = append(slices.Clone(reshardErrors), InternalFailure)
	readErrors    = codes(AccessDenied, InvalidArgument, LimitExceeded, ResourceNotFound)
	putErrors     = withKMS(AccessDenied, DryRunOperation, InternalFailure, InvalidArgument, ProvisionedThroughputExceeded, ResourceNotFound)
)
