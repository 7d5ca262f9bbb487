import { strict as assert } from 'node:assert';
import { answerOrFault } from '../../adapters/mail.ts';
import { PermanentFault } from '../../domain/steps.ts';

type Grade = 'undeliverable' | 'permanent' | 'fault';

/** What nodemailer throws for an answer of the server to a command. */
function smtpError(command: string, response: string, code = 'EENVELOPE') {
  const responseCode = Number(/^\d+/.exec(response)?.[0] ?? 0);
  return Object.assign(new Error(`command failed: ${response}`), {
    code,
    command,
    ...(response === '' ? {} : { response, responseCode }),
  });
}

function gradeOf(error: Parameters<typeof answerOrFault>[0]): Grade {
  try {
    const answer = answerOrFault(error);
    assert.ok('undeliverable' in answer, 'an error is never an acceptance');
    assert.equal(answer.undeliverable, error.response);
    return 'undeliverable';
  } catch (fault) {
    assert.ok(fault instanceof Error && fault.cause === error, 'a fault keeps its cause');
    return fault instanceof PermanentFault ? 'permanent' : 'fault';
  }
}

describe('What a mail server answers', () => {
  for (const [command, response, grade] of [
    // About the recipient.
    ['RCPT TO', '550 5.1.1 No such user', 'undeliverable'],
    ['RCPT TO', '550-5.1.1 No such user\n550 5.1.1 Try another', 'undeliverable'],
    ['RCPT TO', '550 5.1.10 Recipient not found', 'undeliverable'],
    ['RCPT TO', '550 5.1.2 Bad destination system', 'undeliverable'],
    ['RCPT TO', '550 5.2.1 Mailbox disabled', 'undeliverable'],
    ['RCPT TO', '554 5.1.1 No such user', 'undeliverable'],
    ['RCPT TO', '550 No such user', 'undeliverable'],
    ['RCPT TO', '550-Requested action not taken\n550 5.1.1 User unknown', 'undeliverable'],
    ['RCPT TO', '550 5.4.1 Recipient address rejected: Access denied', 'undeliverable'],
    ['RCPT TO', '550 sorry, no mailbox here by that name (#5.1.1)', 'undeliverable'],
    ['RCPT TO', '550 <a@b.example>: User unknown in virtual mailbox table', 'undeliverable'],
    ['RCPT TO', '550 Mailbox not found', 'undeliverable'],
    ['RCPT TO', "550 The email account that you tried to reach doesn't exist", 'undeliverable'],
    ['RCPT TO', '554 Recipient a@b.example does not exist here', 'undeliverable'],
    // About us, or the provider's policy: nobody's address is to blame.
    ['RCPT TO', '550 5.7.1 Relaying denied', 'permanent'],
    ['RCPT TO', '550 relay not permitted', 'permanent'],
    ['RCPT TO', '550 authentication required', 'permanent'],
    ['RCPT TO', '550 Sender verify failed', 'permanent'],
    ['RCPT TO', '550-The sender says: no such user\n550 Sender verify failed', 'permanent'],
    ['RCPT TO', '550-No such user, or so we say to\n550 5.7.1 those on our list', 'permanent'],
    ['RCPT TO', '550-5.1.1 No such user\n550 5.7.1 Service refused', 'permanent'],
    ['RCPT TO', '550 5.1.8 Sender address rejected: Domain not found', 'permanent'],
    ['RCPT TO', '550 5.1.0 Sender rejected', 'permanent'],
    ['RCPT TO', '550 5.4.1 No answer from host', 'permanent'],
    ['RCPT TO', '550 Requested action not taken: mailbox unavailable', 'permanent'],
    ['RCPT TO', '550 No', 'permanent'],
    ['RCPT TO', '551 User not local; we do not relay', 'permanent'],
    ['RCPT TO', '553 Mailbox name not allowed', 'permanent'],
    ['RCPT TO', '553 sorry, that domain is not in my list (#5.7.1)', 'permanent'],
    ['RCPT TO', '550 5.2.2 Mailbox full', 'permanent'],
    ['RCPT TO', '550 5.2.10 No such code', 'permanent'],
    ['RCPT TO', '552 Mailbox full', 'permanent'],
    ['RCPT TO', '554 Transaction failed', 'permanent'],
    ['MAIL FROM', '550 5.1.1 No such user', 'permanent'],
    ['MAIL FROM', '553 5.1.8 Sender address rejected', 'permanent'],
    ['DATA', '550 5.1.1 No such user', 'permanent'],
    ['DATA', '554 Rejected as spam', 'permanent'],
    // Passing.
    ['RCPT TO', '451 4.3.0 Try later', 'fault'],
    ['RCPT TO', '450 4.2.1 Mailbox busy', 'fault'],
    ['RCPT TO', '452 4.2.2 Mailbox full', 'fault'],
    ['DATA', '451 4.1.1 Try later', 'fault'],
    ['CONN', '421 4.3.2 Shutting down', 'fault'],
  ] as const) {
    it(`grades \`${response.replace('\n', ' / ')}\` to ${command} as ${grade}`, () => {
      assert.equal(gradeOf(smtpError(command, response)), grade satisfies Grade);
    });
  }

  it('is a permanent fault where it refuses our credentials', () => {
    const refused = smtpError('AUTH PLAIN', '535 5.7.8 Authentication failed', 'EAUTH');
    assert.equal(gradeOf(refused), 'permanent');
    assert.equal(gradeOf(smtpError('API', '', 'EAUTH')), 'permanent', 'no credentials to send');
  });

  it('is a passing fault where it cannot check credentials at the moment', () => {
    const later = smtpError('AUTH PLAIN', '454 4.7.0 Temporary authentication failure', 'EAUTH');
    assert.equal(gradeOf(later), 'fault');
  });

  it('is a passing fault where it answers nothing', () => {
    assert.equal(gradeOf(smtpError('CONN', '', 'ECONNECTION')), 'fault');
    assert.equal(gradeOf(smtpError('DATA', '', 'ETIMEDOUT')), 'fault');
    assert.equal(gradeOf(new Error('something else')), 'fault');
  });

  it('is named in the fault, with the command', () => {
    assert.throws(
      () => answerOrFault(smtpError('RCPT TO', '451 4.3.0 Try later')),
      /mail provider, RCPT TO: 451 4\.3\.0 Try later/,
    );
    assert.throws(
      () => answerOrFault(smtpError('RCPT TO', '550 5.7.1 Relaying denied')),
      /mail provider refused RCPT TO: 550 5\.7\.1 Relaying denied/,
    );
  });

  it('is shown without the link, should it quote it', () => {
    const response = '554 5.7.1 http://localhost:8080/verify/0d5e.c2ln is on a list';
    assert.throws(
      () => answerOrFault(smtpError('DATA', response)),
      /^PermanentFault: mail provider refused DATA: 554 5\.7\.1 \S+\/verify\/… is on a list$/,
    );
  });
});
