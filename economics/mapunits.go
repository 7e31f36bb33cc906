package economics

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// mapUnitFields say which fields of the map price what is no tokens, in which modes, and as which unit. Some fields mean
// something else in other modes: input_cost_per_image of a realtime model is the price of a token.
var mapUnitFields = []struct {
	field, unit, variant string
	modes                []string
	times                int64 // to make the map's price of one that of the unit
}{
	{"output_cost_per_video_per_second", "video_second", "", []string{"video_generation"}, 1},
	{"output_cost_per_second", "video_second", "", []string{"video_generation"}, 1},
	{"output_cost_per_second_1080p", "video_second", "1080p", []string{"video_generation"}, 1},
	{"input_cost_per_video_per_second", "video_second", "input", []string{"chat", "embedding"}, 1},
	{"output_cost_per_image", "image", "", []string{"image_generation", "image_edit"}, 1},
	{"input_cost_per_image", "image", "", []string{"image_generation", "image_edit"}, 1},
	{"input_cost_per_pixel", "megapixel", "", []string{"image_generation"}, million},
	{"input_cost_per_second", "audio_second", "", []string{"audio_transcription"}, 1},
	{"output_cost_per_second", "audio_second", "", []string{"audio_speech", "audio_transcription"}, 1},
	{"input_cost_per_character", "1m_characters", "", []string{"audio_speech"}, million},
	{"ocr_cost_per_page", "page", "", []string{"ocr"}, 1},
	{"input_cost_per_query", "request", "", []string{"rerank", "search", "vector_store"}, 1},
	{"input_cost_per_request", "request", "", []string{"chat"}, 1},
}

// mapUnits are the prices of what is no tokens. The first field of a kind and variant counts: transcription is listed by
// seconds of input and of output, which are the same seconds.
func mapUnits(mode, variant string, fields map[string]any) ([]PiecePrice, error) {
	var out []PiecePrice
	for _, f := range mapUnitFields {
		price, ok, err := unitPrice(fields[f.field])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.field, err)
		}
		if !ok || !slices.Contains(f.modes, mode) {
			continue
		}
		v := variant
		if f.variant != "" {
			v = f.variant
		}
		u := wholePicture(pieceOf(f.unit, v, price.Mul(decimal.NewFromInt(f.times))))
		if !listedUnit(out, u) {
			out = append(out, u)
		}
	}
	depths, _ := fields["search_context_cost_per_query"].(map[string]any)
	searches := make([]PiecePrice, 0, 3)
	for _, depth := range []string{"low", "medium", "high"} {
		price, ok, err := unitPrice(depths["search_context_size_"+depth])
		if err != nil {
			return nil, fmt.Errorf("search_context_cost_per_query: %w", err)
		}
		if ok {
			searches = append(searches, pieceOf("web_search", depth, price))
		}
	}
	if len(searches) > 0 && oneAmount(searches) {
		searches = searches[:1]
		searches[0].Variant = ""
	}
	return append(out, searches...), nil
}

// wholePicture is the price of a picture of a known size, which is what bills count. The map has it by the pixel, cut off
// after a few digits: lists have it in hundredths of a cent.
func wholePicture(u PiecePrice) PiecePrice {
	m := size.FindStringSubmatch(u.Variant)
	if u.Use != fleet.UseMegapixels || m == nil {
		return u
	}
	wide, errWide := decimal.NewFromString(m[1])
	high, errHigh := decimal.NewFromString(m[2])
	if errWide != nil || errHigh != nil {
		return u
	}
	return pieceOf("image", u.Variant, u.Price.Amount().Mul(wide).Mul(high).Shift(-6).Round(4))
}

var size = regexp.MustCompile(`(\d{2,5})-x-(\d{2,5})`)

func unitPrice(v any) (decimal.Decimal, bool, error) {
	text, ok := v.(json.Number)
	if !ok {
		return decimal.Zero, false, nil
	}
	d, err := number(text.String())
	return d, err == nil && !d.IsZero(), err
}

func listedUnit(list []PiecePrice, u PiecePrice) bool {
	for _, o := range list {
		// a picture is priced whole or by its pixels
		pictures := o.Use == fleet.UseImages && u.Use == fleet.UseMegapixels
		if pictures || o.Use == u.Use && o.Variant == u.Variant {
			return true
		}
	}
	return false
}

func oneAmount(list []PiecePrice) bool {
	for _, u := range list {
		if !u.Price.Amount().Equal(list[0].Price.Amount()) {
			return false
		}
	}
	return true
}
