package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// pool is a fixed number of connections to the database. Each keeps the statements it has prepared, for preparing one
// takes longer than running it; the texts of all statements are constants, so there are only so many.
//
// A limit that is an argument is written "LIMIT 0 + ?": SQLite plans by the value of a bare "LIMIT ?", and so prepares the
// statement anew whenever it runs with another one bound, which takes longer than to read a page.
type pool struct {
	db     *sql.DB
	size   int
	idle   chan *conn
	closed chan struct{}
}

var errClosed = errors.New("the practice is closed")

// conn is one connection. It is opened when it is first taken.
type conn struct {
	raw      *sql.Conn
	prepared map[string]*sql.Stmt
}

func newPool(db *sql.DB, size int) *pool {
	p := &pool{db: db, size: size, idle: make(chan *conn, size), closed: make(chan struct{})}
	for range size {
		p.idle <- &conn{}
	}
	return p
}

// close waits for the transactions under way and ends all connections.
func (p *pool) close() error {
	close(p.closed)
	for range p.size {
		if c := <-p.idle; c.raw != nil {
			c.close()
		}
	}
	return p.db.Close()
}

// inTx runs do between begin and COMMIT; if do or the commit fails, or ctx ends before it, nothing of it remains. After
// the commit, and before another transaction gets the connection, it calls committed, which must not wait for anything.
func (p *pool) inTx(ctx context.Context, begin string, do func(*conn) error, committed func()) error {
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	defer p.give(c)
	makeRoom()
	whole := context.WithoutCancel(ctx) // it is looked at between statements
	err = c.exec(whole, begin)
	if err == nil {
		err = do(c)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = c.exec(whole, `COMMIT`)
	}
	if err != nil {
		c.rollback()
		return err
	}
	committed()
	return nil
}

// makeRoom lets the goroutine's stack grow to what SQLite takes, in one step while there is little on it. A session reads in a
// new goroutine each time, whose stack would else be doubled, and copied, four times in the depths of SQLite.
//
//go:noinline
func makeRoom() {
	var room [20 << 10]byte
	keepRoom(&room)
}

//go:noinline
func keepRoom(*[20 << 10]byte) {}

// take waits for a connection, which is the caller's until it is given back.
func (p *pool) take(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var c *conn
	select {
	case <-p.closed:
		return nil, errClosed
	case c = <-p.idle:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.raw == nil {
		raw, err := p.db.Conn(ctx)
		if err != nil {
			p.give(c)
			return nil, err
		}
		c.raw, c.prepared = raw, map[string]*sql.Stmt{}
	}
	return c, nil
}

func (p *pool) give(c *conn) { p.idle <- c }

// rollback ends a transaction that failed. A connection that will not roll back, be it that SQLite has done so already or
// that it is broken, is closed, which undoes as much; the next to take it opens another.
func (c *conn) rollback() {
	if _, err := c.raw.ExecContext(context.Background(), `ROLLBACK`); err != nil {
		c.closeStatements() // first: a statement must not outlive its connection
		_ = c.raw.Raw(func(any) error { return driver.ErrBadConn })
		_ = c.raw.Close()
		*c = conn{}
	}
}

// close closes the statements too: SQLite keeps a connection, and with it the WAL, as long as one of its statements is
// there, and database/sql leaves those of a sql.Conn to their owner.
func (c *conn) close() {
	c.closeStatements()
	_ = c.raw.Close()
}

func (c *conn) closeStatements() {
	for _, s := range c.prepared {
		_ = s.Close()
	}
}

// stmt answers a prepared statement.
func (c *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	s, err := c.raw.PrepareContext(ctx, query)
	if err == nil {
		c.prepared[query] = s
	}
	return s, err
}

func (c *conn) exec(ctx context.Context, query string, args ...any) error {
	s, err := c.stmt(ctx, query)
	if err == nil {
		_, err = s.ExecContext(ctx, args...)
	}
	return err
}
