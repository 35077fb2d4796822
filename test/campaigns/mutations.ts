// Small changes of a source, each of which some spec of its room should notice. A change is text for a
// stretch of the source: nothing is written, and a loader can serve each of them.

import ts from 'typescript';

export interface Mutation {
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Every change of what is run. Types and imports are left alone: the compiler judges them. */
export function mutationsOf(path: string, source: string): Mutation[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found = new Map<string, Mutation>();
  const visit = (node: ts.Node): void => {
    if (isErased(node)) return;
    for (const [operator, edits] of Object.entries(operators)) {
      for (const edit of edits(node)) {
        const key = `${edit.start} ${edit.end} ${edit.text}`;
        const isChange = source.slice(edit.start, edit.end) !== edit.text;
        if (isChange && !found.has(key)) found.set(key, { operator, ...edit });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found.values()].toSorted((one, other) => one.start - other.start);
}

function isErased(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    (ts.isExpressionStatement(node) && ts.isSatisfiesExpression(node.expression))
  );
}

const operators: Readonly<Record<string, (node: ts.Node) => readonly Edit[]>> = {
  condition: (node) => {
    if (ts.isIfStatement(node)) return eachOf(node.expression, 'true', 'false');
    if (ts.isConditionalExpression(node)) return eachOf(node.condition, 'true', 'false');
    // Not `true`: a loop that never ends shows only that time passes.
    if (ts.isWhileStatement(node)) return eachOf(node.expression, 'false');
    if (ts.isForStatement(node) && node.condition !== undefined) return eachOf(node.condition, 'false');
    return [];
  },
  answer: (node) => {
    if (ts.isBinaryExpression(node) && isTest(node)) return eachOf(node, 'true', 'false');
    if (ts.isReturnStatement(node) && node.expression !== undefined && answersBoolean(node)) {
      return eachOf(node.expression, 'true', 'false');
    }
    if (!ts.isArrowFunction(node) || ts.isBlock(node.body)) return [];
    return eachOf(node.body, 'undefined', ...(isPredicate(node) ? ['true', 'false'] : []));
  },
  operator: (node) => {
    if (!ts.isBinaryExpression(node)) return [];
    const token = node.operatorToken;
    return eachOf(token, ...(otherOperators.get(token.getText()) ?? []));
  },
  operand: (node) => {
    if (!ts.isBinaryExpression(node)) return [];
    const isChoice = ['&&', '||', '??'].includes(node.operatorToken.getText());
    return isChoice ? eachOf(node, node.left.getText(), node.right.getText()) : [];
  },
  sign: (node) => {
    if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
      const text = node.getText();
      if (text.includes('++')) return eachOf(node, text.replace('++', '--'));
      if (text.includes('--')) return eachOf(node, text.replace('--', '++'));
      return eachOf(node, node.operand.getText());
    }
    return [];
  },
  chain: (node) => {
    const isChain = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
    if (!isChain || node.questionDotToken === undefined) return [];
    return eachOf(node.questionDotToken, ts.isPropertyAccessExpression(node) ? '.' : '');
  },
  text: (node) => {
    if (ts.isTemplateExpression(node)) return eachOf(node, '``');
    if (!ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node)) return [];
    return isName(node) ? [] : eachOf(node, node.text === '' ? "'mutated'" : "''");
  },
  number: (node) => {
    if (!ts.isNumericLiteral(node) || isName(node)) return [];
    const value = Number(node.text);
    return eachOf(node, `${value + 1}`, value === 0 ? '(-1)' : `${value - 1}`);
  },
  boolean: (node) => {
    if (node.kind === ts.SyntaxKind.TrueKeyword) return eachOf(node, 'false');
    return node.kind === ts.SyntaxKind.FalseKeyword ? eachOf(node, 'true') : [];
  },
  pattern: (node) => {
    if (!ts.isRegularExpressionLiteral(node)) return [];
    return eachOf(node, ...otherPatterns(node.text));
  },
  members: (node) => {
    if (ts.isObjectLiteralExpression(node)) return without(node, node.properties);
    if (!ts.isArrayLiteralExpression(node)) return [];
    return node.elements.length === 0 ? eachOf(node, "['mutated']") : without(node, node.elements);
  },
  statement: (node) => {
    const isLeftOut =
      ts.isExpressionStatement(node) ||
      ts.isThrowStatement(node) ||
      ts.isBreakStatement(node) ||
      ts.isContinueStatement(node);
    return isLeftOut ? eachOf(node, ';') : [];
  },
  block: (node) => {
    if (ts.isBlock(node) && node.statements.length > 0 && isWhole(node)) return eachOf(node, '{}');
    if (!ts.isCaseOrDefaultClause(node) || node.statements.length === 0) return [];
    return [{ start: node.statements.pos, end: node.statements.end, text: '' }];
  },
  method: (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
    const { name, expression } = node.expression;
    const swapped = eachOf(name, ...(otherMethods.get(name.text) ?? []));
    return leftOutMethods.has(name.text) ? [...swapped, ...eachOf(node, expression.getText())] : swapped;
  },
};

const otherOperators: ReadonlyMap<string, readonly string[]> = new Map([
  ['<', ['<=', '>=']],
  ['<=', ['<', '>']],
  ['>', ['>=', '<=']],
  ['>=', ['>', '<']],
  ['===', ['!==']],
  ['!==', ['===']],
  ['&&', ['||']],
  ['||', ['&&']],
  ['+', ['-']],
  ['-', ['+']],
  ['*', ['/']],
  ['/', ['*']],
  ['%', ['*']],
  ['**', ['*']],
  ['&', ['|']],
  ['|', ['&']],
  ['^', ['&']],
  ['<<', ['>>']],
  ['>>', ['<<']],
  ['>>>', ['<<']],
  ['+=', ['-=']],
  ['-=', ['+=']],
  ['*=', ['/=']],
  ['|=', ['&=']],
  ['<<=', ['>>=']],
  ['>>=', ['<<=']],
]);

const otherMethods: ReadonlyMap<string, readonly string[]> = new Map([
  ['some', ['every']],
  ['every', ['some']],
  ['min', ['max']],
  ['max', ['min']],
  ['floor', ['ceil']],
  ['ceil', ['floor']],
  ['trunc', ['ceil']],
  ['startsWith', ['endsWith']],
  ['endsWith', ['startsWith']],
  ['toUpperCase', ['toLowerCase']],
  ['toLowerCase', ['toUpperCase']],
  ['padStart', ['padEnd']],
  ['find', ['findLast']],
  ['findLast', ['find']],
  ['findIndex', ['findLastIndex']],
  ['findLastIndex', ['findIndex']],
]);

const leftOutMethods = new Set(
  'filter map slice subarray concat trim normalize replace replaceAll reverse toReversed sort toSorted toSpliced with'
    .split(' ')
    .concat('toUpperCase', 'toLowerCase', 'padStart', 'padEnd'),
);

/** Anchors left out, classes turned round, and counts one higher or lower. */
function otherPatterns(text: string): string[] {
  const spots = [...text.matchAll(/(?<!\\)(\^|\$|\[\^?|[+*](?!\/))|(?<=\{\d*,?)\d+(?=,?\d*\})/g)];
  return spots.flatMap(({ 0: found, index }) => {
    const put = (other: string): string => text.slice(0, index) + other + text.slice(index + found.length);
    if (found === '[') return [put('[^')];
    if (found === '[^') return [put('[')];
    if (found === '^' && text[index - 1] === '[') return [];
    if (/\d/.test(found)) return [put(String(Number(found) + 1)), put(String(Number(found) - 1))];
    return [put('')];
  });
}

function eachOf(node: ts.Node, ...texts: readonly string[]): Edit[] {
  return texts.map((text) => ({ start: node.getStart(), end: node.end, text }));
}

/** Without any of its members, and, where there are several, without each of them. */
function without(node: ts.Node, members: ts.NodeArray<ts.Node>): Edit[] {
  if (members.length === 0) return [];
  const [open, close] = ts.isArrayLiteralExpression(node) ? '[]' : '{}';
  const none = eachOf(node, `${open}${close}`);
  if (members.length === 1) return none;
  const texts = members.map((member) => member.getText());
  return [...none, ...texts.flatMap((_, index) => eachOf(node, listed(texts.toSpliced(index, 1))))];

  function listed(left: readonly string[]): string {
    return `${open} ${left.join(', ')} ${close}`;
  }
}

/** A comparison that is an answer by itself: as a condition or an operand it is changed there. */
function isTest({ operatorToken, parent }: ts.BinaryExpression): boolean {
  if (!/^([<>]=?|[!=]==)$/.test(operatorToken.getText())) return false;
  if (ts.isBinaryExpression(parent)) return !['&&', '||'].includes(parent.operatorToken.getText());
  return !ts.isIfStatement(parent) && !ts.isWhileStatement(parent) && !ts.isForStatement(parent);
}

function answersBoolean(node: ts.ReturnStatement): boolean {
  const within = ts.findAncestor(node, ts.isFunctionLike);
  return /^(boolean|\w+ is .*|asserts .*)$/.test(within?.type?.getText() ?? '');
}

function isPredicate(node: ts.ArrowFunction): boolean {
  const call = node.parent;
  if (node.type?.getText() === 'boolean') return true;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return false;
  return /^(some|every|filter|find\w*)$/.test(call.expression.name.text);
}

/** The name of a property is not a value. */
function isName(node: ts.Node): boolean {
  return ts.isPropertyAssignment(node.parent) && node.parent.name === node;
}

/** What the body of an `if` does is left out by its condition. */
function isWhole({ parent }: ts.Block): boolean {
  return (
    ts.isFunctionLike(parent) ||
    ts.isTryStatement(parent) ||
    ts.isCatchClause(parent) ||
    ts.isForOfStatement(parent) ||
    ts.isForStatement(parent) ||
    ts.isWhileStatement(parent)
  );
}
