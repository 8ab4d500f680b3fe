package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	_ "time/tzdata" // the server's machine may have no zones of its own
)

// maxThemeName bounds a theme's name, in bytes. Which themes there are is not the store's to know.
const maxThemeName = 40

// Me is the person themselves.
func (a *Access) Me(ctx context.Context) (me Me, err error) {
	err = a.readAnyhow(ctx, "read oneself", func(t *tx, self self) error {
		me.Factor = self.factor
		if me.Person, me.Settings, err = t.profile(ctx, self.id); err != nil || !me.Factor.On {
			return err
		}
		return t.one(ctx, []any{&me.Factor.Spare}, `SELECT count(*) FROM spare_code WHERE person = ?`, self.id)
	})
	return me, err
}

// SaveSettings stores the person's choices. It answers ErrBadSetting for a language other than en and de, a time zone
// that does not exist, and a theme's name that cannot be one.
func (a *Access) SaveSettings(ctx context.Context, settings Settings) error {
	if err := settings.validate(); err != nil {
		return err
	}
	stored, err := json.Marshal(settings)
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	var who int64
	err = a.write(ctx, "save settings", func(t *tx, me self) error {
		if err := t.exec(ctx, `UPDATE person SET settings = ? WHERE id = ?`, string(stored), me.id); err != nil {
			return err
		}
		who = me.id
		t.tell(notice{to: []int64{me.id}, except: me.session, change: Change{Kind: SettingsChanged}})
		return nil
	})
	if err == nil {
		a.store.announce(who) // presence may have been hidden or shown
	}
	return err
}

func (s Settings) validate() error {
	switch s.Language {
	case "", "en", "de":
	default:
		return fmt.Errorf("language: %w", ErrBadSetting)
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
		return fmt.Errorf("time zone: %w", ErrBadSetting)
	}
	if len(s.Theme) > maxThemeName {
		return fmt.Errorf("theme: %w", ErrBadSetting)
	}
	for _, r := range s.Theme {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return fmt.Errorf("theme: %w", ErrBadSetting)
		}
	}
	return nil
}

func parseSettings(stored string) (Settings, error) {
	var settings Settings
	if err := json.Unmarshal([]byte(stored), &settings); err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	return settings, nil
}
