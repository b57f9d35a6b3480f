// Tells the traveller of answers they have not seen: a number in the page's title and, if they want it, a sound.

const MARK = /^\(\d+\+?\) /;

export class Attention {
  #audio = null;

  /** Put the number in front of the page's title; 0 takes it away. */
  title(count) {
    const bare = document.title.replace(MARK, "");
    const wanted = count ? `(${count > 99 ? "99+" : count}) ${bare}` : bare;
    if (document.title !== wanted) document.title = wanted;
  }

  /** A short soft tone; browsers allow it only after the traveller has touched the page. */
  sound() {
    try {
      this.#audio ??= new AudioContext();
      const start = this.#audio.currentTime;
      const tone = this.#audio.createOscillator();
      const volume = this.#audio.createGain();
      tone.frequency.setValueAtTime(660, start);
      tone.frequency.setValueAtTime(880, start + 0.09);
      volume.gain.setValueAtTime(0.08, start);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
      tone.connect(volume).connect(this.#audio.destination);
      tone.start(start);
      tone.stop(start + 0.3);
    } catch {
      // no sound on this device
    }
  }
}
