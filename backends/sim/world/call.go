package world

// Call is one request of a client, through a gateway replica or straight to an engine.
type Call struct {
	Route      string
	Stream     bool
	Status     int // HTTP status once Ended: 200, 408, 429, 5xx, 403
	Ended      bool
	Deployment string // the member that answered, or failed last
	Attempts   int
	FellBack   bool
	Prompt     int
	Output     int     // tokens that the answer has, or would have
	Received   int     // tokens that reached the client
	Start      float64 // seconds since the world began
	First      float64 // time of the first token, 0 before
	End        float64
	Limits     Limits // what the provider's headers said, where one answered
	Reason     string // why an account turned it away, as a code; "" where it did not
	Base       string // the address of the member that answered, as the gateway has it

	try       *attempt // the present one
	gateway   *Gateway
	refused   Refusal
	key       *KeySpec // nil for the gateways' master key
	model     string   // of a call straight to a provider
	tier      string
	route     *route // nil for a call straight to an engine
	group     string // route or fallback route in use
	maxTokens int
	cacheable float64
	tries     int     // attempts in the present group
	gone      bool    // the client has hung up
	looping   bool    // of a program that does not stop: nobody waits for its answer
	patience  float64 // seconds that the client waits; 0 for as long as the gateway does
	sequence  uint64
}

// Limits is what the headers of a provider's answer say.
type Limits struct {
	Known                      bool
	MaxRequests, Requests      float64
	MaxTokens, Tokens          float64
	ResetRequests, ResetTokens float64 // seconds until full
	RetryAfter                 float64 // seconds, with a 429
}

// attempt is one try of a call on one engine or provider.
type attempt struct {
	call       *Call
	deployment *deployment // nil for a call straight to an engine
	replica    *Replica    // or
	provider   *Provider
	ended      bool

	start     float64 // sent by the gateway
	arrived   float64 // at the engine
	admitted  float64 // first scheduled, 0 before
	first     float64
	prompt    int
	cached    int
	output    int
	tokens    Tokens // of the prompt, as its provider counts them
	left      int    // prompt tokens still to be prefilled
	chunk     int    // prefill tokens of the step under way
	made      int    // tokens made when it (re-)entered decoding
	decodeAt  int64  // step number at which it entered decoding
	finishAt  int64  // step number at which the last token comes
	epoch     int    // grows with each preemption, so that old heap entries are dropped
	slot      int    // place in the running list
	order     uint64
	decoding  bool
	preempted int
	begun     bool   // its client gets a part of the answer and no more
	flaw      Flaw   // of its stream
	reason    string // why an account turned it away
}

// result is what became of an attempt, with its time.
type result struct {
	at     float64
	try    *attempt
	status int
	class  string // name of the exception as LiteLLM's metrics print it
	limits Limits
}
