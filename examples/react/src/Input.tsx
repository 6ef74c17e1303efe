import { type FormEvent, useState } from 'react';

interface InputProps {
  readonly onSend: (text: string) => void;
  readonly onType: () => void;
}

export function Input({ onSend, onType }: InputProps) {
  const [text, setText] = useState('');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() !== '') onSend(text.trim());
    setText('');
  }

  return (
    <form onSubmit={submit}>
      <input
        aria-label="Message"
        placeholder="Message"
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onType();
        }}
      />
      <button type="submit">Send</button>
    </form>
  );
}
